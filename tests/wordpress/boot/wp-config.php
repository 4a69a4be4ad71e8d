<?php
/**
 * Configuration of a throw-away test site; what differs by site is in site.json beside it.
 */
$escbridge_test = json_decode( file_get_contents( __DIR__ . '/../site.json' ), true );

define( 'DB_NAME', $escbridge_test['database'] );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', $escbridge_test['host'] );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $escbridge_key ) {
	define( $escbridge_key . '_KEY', hash( 'sha256', $escbridge_test['salt'] . $escbridge_key . 'key' ) );
	define( $escbridge_key . '_SALT', hash( 'sha256', $escbridge_test['salt'] . $escbridge_key . 'salt' ) );
}
$table_prefix = 'wp_';

define( 'WP_HOME', $escbridge_test['url'] );
define( 'WP_SITEURL', $escbridge_test['url'] );
if ( ! empty( $escbridge_test['network'] ) ) {
	define( 'MULTISITE', true );
	define( 'SUBDOMAIN_INSTALL', false );
	define( 'DOMAIN_CURRENT_SITE', preg_replace( '#^https?://#', '', $escbridge_test['url'] ) );
	define( 'PATH_CURRENT_SITE', '/' );
	define( 'SITE_ID_CURRENT_SITE', 1 );
	define( 'BLOG_ID_CURRENT_SITE', 1 );
}
define( 'WP_ENVIRONMENT_TYPE', 'local' );                // application passwords work over http
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_LOG', true );
define( 'WP_DEBUG_DISPLAY', 'cli' === PHP_SAPI ? null : false ); // null: as PHP was told, for php_eval to stderr
define( 'WP_DISABLE_FATAL_ERROR_HANDLER', 'cli' === PHP_SAPI );
define( 'FS_METHOD', 'direct' );
define( 'DISABLE_WP_CRON', true );                       // a test runs it by hand
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );                // nothing leaves the machine ...
define( 'WP_ACCESSIBLE_HOSTS', '127.0.0.1,localhost' );  // ... but a sidecar beside the site answers

if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
