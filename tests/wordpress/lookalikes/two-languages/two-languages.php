<?php
/**
 * Plugin Name: Languages lookalike
 *
 * Ours, for tests: what Polylang and WPML tell other plugins of a page's language, by their public names, and how they leave pages
 * of other languages out of a query that does not say otherwise.
 */

if ( 'polylang' === get_option( 'lookalike_languages' ) ) {

	function pll_get_post_language( $id, $field = 'slug' ) {
		$locale = (string) get_post_meta( $id, '_locale', true );
		return 'locale' === $field ? $locale : substr( $locale, 0, 2 );
	}

	add_action(
		'parse_query',
		static function ( $query ) {
			if ( ! isset( $query->query['lang'] ) ) {
				$query->set( 'meta_query', array( array( 'key' => '_locale', 'value' => 'en_US' ) ) );
			}
		}
	);
} elseif ( 'wpml' === get_option( 'lookalike_languages' ) ) {

	add_filter(
		'wpml_post_language_details',
		static function ( $nothing, $id ) {
			$locale = (string) get_post_meta( $id, '_locale', true );
			return array( 'language_code' => substr( $locale, 0, 2 ), 'locale' => $locale );
		},
		10,
		2
	);

	add_filter(
		'posts_where',
		static function ( $where ) {
			global $wpdb;
			return $where . " AND {$wpdb->posts}.ID IN (SELECT post_id FROM {$wpdb->postmeta} WHERE meta_key = '_locale' AND meta_value = 'en_US')";
		}
	);
}
