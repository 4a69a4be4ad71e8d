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
if ( ! file_exists( $file ) && preg_match( '#^/[\w-]+(/wp-(?:admin|content|includes)(?:/.*)?|/wp-[\w-]+\.php)$#', $path, $part ) ) {
	$inner = $_SERVER['DOCUMENT_ROOT'] . $part[1]; // A network's further site: its own address, the same files.
	$inner = is_dir( $inner ) ? rtrim( $inner, '/' ) . '/index.php' : $inner;
	if ( is_file( $inner ) && '.php' !== substr( $inner, -4 ) ) {
		readfile( $inner );
		return true;
	}
	if ( is_file( $inner ) ) {
		$_SERVER['SCRIPT_NAME']     = $path;
		$_SERVER['PHP_SELF']        = $path;
		$_SERVER['SCRIPT_FILENAME'] = $inner;
		chdir( dirname( $inner ) );
		require $inner;
		return true;
	}
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
