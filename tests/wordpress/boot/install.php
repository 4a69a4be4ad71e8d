<?php
/**
 * Installs WordPress without a browser: php install.php ROOT
 */
define( 'WP_INSTALLING', true );
$_SERVER += array(
	'HTTP_HOST'       => 'localhost',
	'REQUEST_METHOD'  => 'GET',
	'REQUEST_URI'     => '/',
	'SERVER_PROTOCOL' => 'HTTP/1.1',
);
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

$permalinks = function () {
	return '/%postname%/';
};
add_filter( 'pre_option_permalink_structure', $permalinks ); // else the installer probes itself over HTTP
add_filter( 'pre_wp_mail', '__return_true', 1 );             // no "your new site" mail
wp_install( 'Demo shop', 'admin', 'admin@example.test', true, '', 'admin-pass' );
remove_filter( 'pre_option_permalink_structure', $permalinks );

update_option( 'permalink_structure', $permalinks() );
update_option( 'timezone_string', 'America/New_York' );
update_option( 'admin_email_lifespan', PHP_INT_MAX );        // no "is this address still right" at log-in
$GLOBALS['wp_rewrite']->init();
flush_rewrite_rules( false );
