<?php
/** Removes what the plugin stored; what visitors sent and nobody has got yet goes to the owner. Conversations live in the sidecar and stay there; "bridge purge" removes those. */

declare(strict_types=1);

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

require_once __DIR__ . '/escalation-bridge.php';
EscalationBridge\Plugin::load_textdomain();

/** Options, locks and transients by their prefix: many are named after a conversation. */
function escbridge_uninstall_site(): void {
	global $wpdb;
	EscalationBridge\Outbox::mail_all();
	$ours = $wpdb->get_col( "SELECT option_name FROM $wpdb->options WHERE option_name REGEXP '^(_transient_(timeout_)?)?escbridge_'" ); // phpcs:ignore WordPress.DB.DirectDatabaseQuery -- no function of WordPress lists them.
	array_map( 'delete_option', $ours );
	$kept = array( 'post_type' => 'escbridge_kept', 'post_status' => array( 'private', 'draft' ), 'numberposts' => -1, 'fields' => 'ids' );
	foreach ( get_posts( $kept ) as $post ) {
		wp_delete_post( $post, true );
	}
	delete_metadata( 'user', 0, 'escbridge_here' . ( is_main_site() ? '' : '_' . get_current_blog_id() ), '', true );
}

if ( is_multisite() ) {
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $escbridge_site ) {
		switch_to_blog( (int) $escbridge_site );
		escbridge_uninstall_site();
		restore_current_blog();
	}
} else {
	escbridge_uninstall_site();
}
