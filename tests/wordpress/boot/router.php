<?php
/**
 * Router for `php -S`: files and folders as they are, every other address is a permalink for WordPress.
 */
$path = rawurldecode( (string) strtok( $_SERVER['REQUEST_URI'], '?' ) );
$file = $_SERVER['DOCUMENT_ROOT'] . $path;

if ( preg_match( '#/(wp-config\.php|debug\.log|mail\.jsonl)$#', $path ) ) {
	http_response_code( 403 );
	return true;
}
if ( is_dir( $file ) && '/' !== substr( $path, -1 ) ) {
	header( 'Location: ' . $path . '/', true, 301 ); // else wp-admin's relative links would miss
	return true;
}
if ( is_file( $file ) || ( '/' !== $path && is_file( $file . 'index.php' ) ) ) {
	return false;
}
$_SERVER['SCRIPT_NAME']     = '/index.php';
$_SERVER['PHP_SELF']        = '/index.php';
$_SERVER['SCRIPT_FILENAME'] = $_SERVER['DOCUMENT_ROOT'] . '/index.php';
unset( $_SERVER['PATH_INFO'] );
chdir( $_SERVER['DOCUMENT_ROOT'] );
require $_SERVER['SCRIPT_FILENAME'];
