<?php
/**
 * Makes an installed site the first one of a network whose sites are folders: php network.php ROOT HOST:PORT
 */
list( , $root, $host ) = $argv;
$_SERVER += array(
	'HTTP_HOST'       => $host,
	'REQUEST_METHOD'  => 'GET',
	'REQUEST_URI'     => '/',
	'SERVER_PROTOCOL' => 'HTTP/1.1',
);
require $root . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

foreach ( $GLOBALS['wpdb']->tables( 'ms_global' ) as $name => $table ) {
	$GLOBALS['wpdb']->$name = $table;
}
install_network();
$made = populate_network( 1, $host, 'admin@example.test', 'Demo network', '/', false );
if ( is_wp_error( $made ) ) {
	fwrite( STDERR, $made->get_error_message() );
	exit( 1 );
}
