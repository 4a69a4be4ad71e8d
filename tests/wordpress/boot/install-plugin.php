<?php
/**
 * Runs inside WordPress: installs $zip as an owner's upload would be, activates it, prints its DIR/FILE.php.
 */
foreach ( array( 'plugin', 'file', 'misc', 'class-wp-upgrader' ) as $part ) {
	require_once ABSPATH . 'wp-admin/includes/' . $part . '.php';
}
wp_set_current_user( 1 );
$skin     = new Automatic_Upgrader_Skin();
$upgrader = new Plugin_Upgrader( $skin );
$plugin   = true === $upgrader->install( $zip ) ? $upgrader->plugin_info() : false;
$outcome  = $plugin ? activate_plugin( $plugin ) : $skin->result;
if ( ! $plugin || is_wp_error( $outcome ) ) {
	$why = is_wp_error( $outcome ) ? $outcome->get_error_message() : implode( ' ', $skin->get_upgrade_messages() );
	fwrite( STDERR, basename( $zip ) . ': ' . $why );
	exit( 1 );
}
echo $plugin;
