<?php
/** Removes what the plugin stored. Conversations live in the sidecar and stay there; "bridge purge" removes those. */

declare(strict_types=1);

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/** Per-session transients are not listed: they run out by themselves within a week. */
function escbridge_uninstall_site(): void {
	delete_option( 'escbridge_settings' );
	delete_option( 'escbridge_pairing' );
	delete_option( 'escbridge_waits' );
	delete_option( 'escbridge_kept.lock' );
	delete_option( 'escbridge_away.lock' );
	delete_option( 'escbridge_pages' );
	$kept = array( 'post_type' => 'escbridge_kept', 'post_status' => 'private', 'numberposts' => -1, 'fields' => 'ids' );
	foreach ( get_posts( $kept ) as $post ) {
		wp_delete_post( $post, true );
	}
	delete_transient( 'escbridge_breaker' );
	delete_transient( 'escbridge_clock' );
	delete_transient( 'escbridge_stats' );
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
