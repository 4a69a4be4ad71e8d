<?php
/**
 * Plugin Name: Shop lookalike
 *
 * Ours, for tests: what WooCommerce shows of a product to other plugins, by its public names, and nothing else of it.
 */

add_action(
	'init',
	static function () {
		register_post_type( 'product', array( 'public' => true, 'label' => 'Products', 'rewrite' => array( 'slug' => 'product' ) ) );
	}
);

final class Lookalike_Product {

	private $id;

	public function __construct( int $id ) {
		$this->id = $id;
	}

	public function get_price_html(): string {
		$price = get_post_meta( $this->id, '_price', true );
		$now   = get_post_meta( $this->id, '_sale_price', true );
		if ( '' === $now ) {
			return '' === $price ? '' : self::amount( $price );
		}
		return '<del aria-hidden="true">' . self::amount( $price ) . '</del><span class="screen-reader-text">Original price was: ' . $price
			. '.</span><ins aria-hidden="true">' . self::amount( $now ) . '</ins><span class="screen-reader-text">Current price is: ' . $now . '.</span>';
	}

	private static function amount( string $price ): string {
		return '<span class="amount"><bdi>' . $price . '&nbsp;<span>&euro;</span></bdi></span>';
	}

	public function get_availability(): array {
		return array( 'availability' => (string) get_post_meta( $this->id, '_stock', true ), 'class' => 'stock' );
	}

	public function get_short_description(): string {
		return (string) get_post( $this->id )->post_excerpt;
	}

	public function get_catalog_visibility(): string {
		return get_post_meta( $this->id, '_visibility', true ) ?: 'visible';
	}
}

function wc_get_product( $id ) {
	return 'product' === get_post_type( $id ) ? new Lookalike_Product( (int) $id ) : false;
}

function wc_get_page_id( $name ) {
	$page = get_page_by_path( $name );
	return $page ? $page->ID : -1;
}

/** As saving in the shop does: the post, what belongs to the product, and the action that says so. */
function lookalike_save( array $post, array $meta ): int {
	$id = wp_insert_post( $post + array( 'post_type' => 'product', 'post_status' => 'publish' ) );
	foreach ( $meta as $key => $value ) {
		update_post_meta( $id, $key, $value );
	}
	do_action( 'woocommerce_update_product', $id );
	return $id;
}
