<?php
/** What WordPress knows about a visitor. Identity comes from the log-in alone, never from what a browser says. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Context {

	const MAX_ORDERS = 5;

	/**
	 * The body of a session's start.
	 *
	 * @param array<string,mixed> $page locale, timezone, page_url, flow: what the caller knows of the page; email, name: a claimed address.
	 */
	public static function session( string $session, int $user_id, array $page = array() ): array {
		$user = $user_id > 0 ? get_userdata( $user_id ) : false;
		$body = array_filter(
			array(
				'session_id' => $session,
				'visitor'    => $user ? self::verified( $user ) : self::unverified( $page ),
				'locale'     => self::language_tag( (string) ( $page['locale'] ?? determine_locale() ) ),
				'timezone'   => (string) ( $page['timezone'] ?? '' ),
				'page_url'   => (string) ( $page['page_url'] ?? '' ),
				'flow'       => (string) ( $page['flow'] ?? '' ),
				'shop'       => $user ? self::shop_summary( $user_id ) : null,
			)
		);
		/**
		 * Filters what is sent to the sidecar when a conversation starts. Unknown keys are refused there.
		 *
		 * @param array $body    See the session call of the sidecar.
		 * @param int   $user_id 0 for a guest.
		 */
		return (array) apply_filters( 'escbridge_session_context', $body, $user_id );
	}

	private static function language_tag( string $locale ): string {
		$tag = str_replace( '_', '-', $locale );
		return preg_match( '/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/D', $tag ) ? $tag : '';
	}

	private static function verified( \WP_User $user ): array {
		return array_filter(
			array(
				'identity' => 'verified',
				'user_id'  => (string) $user->ID,
				'email'    => is_email( $user->user_email ) ? (string) $user->user_email : '',
				'name'     => self::display_name( $user ),
			),
			'strlen'
		);
	}

	/** As it was typed: WordPress keeps it escaped, and a chat or a mail would show that. */
	public static function display_name( \WP_User $user ): string {
		return mb_substr( wp_specialchars_decode( sanitize_text_field( $user->display_name ), ENT_QUOTES ), 0, 200, 'UTF-8' );
	}

	/** Name and address of an account, for the team; '' of a guest, or of one that is deleted. */
	public static function account( int $user_id ): string {
		$user = $user_id > 0 ? get_userdata( $user_id ) : false;
		return $user ? self::display_name( $user ) . ' <' . $user->user_email . '>' : '';
	}

	private static function unverified( array $page ): array {
		$email = (string) ( $page['email'] ?? '' );
		if ( ! is_email( $email ) ) {
			return array( 'identity' => 'anonymous' );
		}
		$name = sanitize_text_field( mb_substr( (string) ( $page['name'] ?? '' ), 0, 200, 'UTF-8' ) );
		return array( 'identity' => 'claimed', 'email' => $email ) + ( '' === $name ? array() : array( 'name' => $name ) );
	}

	/** The latest WooCommerce orders of a logged-in customer, or null without a shop. Kept for five minutes. */
	private static function shop_summary( int $user_id ): ?array {
		if ( ! function_exists( 'wc_get_orders' ) ) {
			return null;
		}
		$kept = get_transient( 'escbridge_shop_' . $user_id );
		if ( is_array( $kept ) ) {
			return $kept;
		}
		$latest = array( 'customer_id' => $user_id, 'limit' => self::MAX_ORDERS, 'orderby' => 'date', 'order' => 'DESC', 'status' => 'any' ); // Without unfinished checkouts.
		$shop   = array(
			'currency'       => (string) get_woocommerce_currency(),
			'lifetime_value' => (float) wc_get_customer_total_spent( $user_id ),
			'orders'         => array_map( array( self::class, 'order' ), (array) wc_get_orders( $latest ) ),
		);
		set_transient( 'escbridge_shop_' . $user_id, $shop, 5 * MINUTE_IN_SECONDS );
		return $shop;
	}

	/** @param \WC_Order $order */
	private static function order( $order ): array {
		$created = $order->get_date_created();
		return array(
			'id'         => (string) $order->get_id(),
			'total'      => max( 0.0, (float) $order->get_total() ),
			'currency'   => (string) $order->get_currency(),
			'status'     => (string) $order->get_status(),
			'created_at' => gmdate( 'Y-m-d\TH:i:s\Z', $created ? $created->getTimestamp() : 0 ),
		);
	}

	/** Orders are read through WooCommerce's own functions, whichever way a shop stores them. */
	public static function declare_compatibility(): void {
		if ( class_exists( '\Automattic\WooCommerce\Utilities\FeaturesUtil' ) ) {
			\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'custom_order_tables', ESCBRIDGE_FILE, true );
		}
	}
}
