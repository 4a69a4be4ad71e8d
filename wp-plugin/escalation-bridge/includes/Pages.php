<?php
/**
 * What the site has published, sent to the sidecar for its responder to answer from: as it is saved, and compared once a day.
 *
 * Nothing is sent unless the owner has switched it on, and nothing ever that a visitor without a log-in could not read. What could
 * not be sent is remembered, and sent with a later request of wp-admin; no visitor's request sends anything.
 */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Pages {

	const OPTION  = 'escbridge_pages'; // What is still to be sent, and how the last try went. Not autoloaded.
	const MOST    = 5000;
	const AT_ONCE = 10;     // Pages of one call,
	const BYTES   = 800000; // and about so much JSON; the sidecar takes 1 MiB.
	const LONGEST = 100000; // Characters of a page.
	const FORGET  = 900;    // Pages that one call says are gone; the sidecar takes 1,000.
	const NAMED   = 5;      // Refused pages that the owner is told by title.
	const WAIT    = 2.0;    // Seconds that saving in wp-admin may take longer.
	const AGAIN   = 60;     // Seconds until what failed is tried again.

	// `refused`: why the sidecar does not take a page, by its number. `stale`: of those, what it may know an earlier text of. `alone`: the
	// next page goes by itself, for several were too large together.
	const NOTHING = array( 'dirty' => array(), 'known' => 0, 'sent' => 0, 'tried' => 0, 'compared' => 0, 'error' => '', 'refused' => array(), 'stale' => array(), 'alone' => false );

	/** @var array<int,true> What this request has changed. */
	private static $touched = array();

	public static function boot(): void {
		add_action( 'update_option_' . Settings::OPTION, array( self::class, 'switched' ), 10, 2 );
		add_action( 'admin_init', array( self::class, 'look' ) );
		if ( ! self::is_on() ) {
			return;
		}
		foreach ( array( 'save_post', 'trashed_post', 'woocommerce_update_product', 'woocommerce_product_set_stock_status' ) as $change ) {
			add_action( $change, array( self::class, 'touch' ) );
		}
		add_action( 'deleted_post', array( self::class, 'gone' ), 10, 2 );
		add_action( 'transition_post_status', array( self::class, 'moved' ), 10, 3 );
		foreach ( array( 'woocommerce_coming_soon', 'woocommerce_store_pages_only' ) as $option ) {
			add_action( 'add_option_' . $option, array( self::class, 'doubt' ) );
			add_action( 'update_option_' . $option, array( self::class, 'doubt' ) );
		}
		add_action( 'shutdown', array( self::class, 'keep' ) );
	}

	public static function is_on(): bool {
		return Settings::is_paired() && ! empty( Settings::all()['knowledge'] );
	}

	/** Whether the sidecar still has what was sent before the owner switched it off: it did not answer then. */
	public static function is_left(): bool {
		return Settings::is_paired() && empty( Settings::all()['knowledge'] ) && false !== get_option( self::OPTION );
	}

	/** @return array<string,mixed> See NOTHING. */
	public static function state(): array {
		return array_merge( self::NOTHING, (array) get_option( self::OPTION, array() ) );
	}

	public static function switched( $before, $now ): void {
		$was = ! empty( ( (array) $before )['knowledge'] );
		$is  = ! empty( ( (array) $now )['knowledge'] );
		if ( $is && ! $was ) {
			self::send_all();
		} elseif ( $was && ! $is ) {
			self::take_back( self::WAIT );
		}
	}

	private static function take_back( float $timeout ): void {
		if ( self::put( array( 'only' => array() ), $timeout )['ok'] ) {
			delete_option( self::OPTION );
		} else {
			self::store( array( 'tried' => time() ) + self::state() );
		}
	}

	/** @param int|string $id */
	public static function touch( $id ): void {
		self::$touched[ (int) $id ] = true;
	}

	/** Afterwards nobody can tell any more what it was. */
	public static function gone( $id, $post ): void {
		unset( self::$touched[ (int) $id ] );
		if ( in_array( $post->post_type, self::types(), true ) ) {
			self::touch( $id );
		}
	}

	public static function moved( $now, $before, $post ): void {
		if ( 'publish' === $now || 'publish' === $before ) {
			self::touch( $post->ID );
		}
	}

	/** A request of wp-admin takes along what is left of earlier ones; the daily comparison too. */
	public static function look(): void {
		$state = self::state();
		$due   = self::is_on() ? $state['dirty'] || $state['stale'] || time() - $state['compared'] > DAY_IN_SECONDS : self::is_left();
		if ( $due && time() - $state['tried'] > self::AGAIN && current_user_can( 'edit_posts' ) ) {
			add_action( 'shutdown', array( self::class, 'work' ), 20, 0 );
		}
	}

	/** At the end of a request: what it has changed is noted, and sent where no visitor waits for it. */
	public static function keep(): void {
		$changed       = array_filter( array_keys( self::$touched ), array( self::class, 'concerns' ) );
		self::$touched = array();
		if ( ! $changed ) {
			return;
		}
		$dirty = array_unique( array_merge( self::state()['dirty'], $changed ) );
		self::store( array( 'dirty' => array_slice( array_values( $dirty ), -self::MOST ) ) + self::state() );
		if ( current_user_can( 'edit_posts' ) || wp_doing_cron() ) {
			self::work();
		}
	}

	/** Whether it is, or may have been, one of what is sent. */
	private static function concerns( int $id ): bool {
		$type = get_post_type( $id );
		return false === $type || in_array( $type, self::types(), true );
	}

	/** Everything is sent anew, what has not changed too: it costs the sidecar nothing. */
	public static function send_all(): void {
		self::store( array( 'dirty' => self::ids(), 'compared' => 0 ) + self::state() );
	}

	/** Another sidecar may be there now, or this plugin is away for a while: what was sent counts for nothing. */
	public static function doubt(): void {
		if ( self::state()['sent'] ) {
			self::send_all();
		}
	}

	/**
	 * One call: some of what is to be sent, or the comparison where it is due.
	 *
	 * @return array{left:int,known:int,error:string}
	 */
	public static function work( float $timeout = self::WAIT ): array {
		if ( self::is_left() ) {
			self::take_back( $timeout );
			return self::told( self::state() );
		}
		$state = self::state();
		$done  = array();
		if ( $state['dirty'] || $state['stale'] ) {
			$batch  = self::batch( $state );
			$answer = self::put( $batch['body'], $timeout );
			$done   = self::done_with( $batch, $answer );

			$state['alone']   = 413 === $answer['status'] && ! $done;
			$state['dirty']   = array_values( array_diff( $state['dirty'], $done ) );
			$state['refused'] = array_diff_key( $state['refused'], array_flip( $done ) );
			if ( $answer['ok'] ) {
				$state['stale'] = array_values( array_diff( $state['stale'], $batch['stale'], $done ) );
			} else {
				$state['refused'] += array_fill_keys( $done, self::cause( $answer ) );
				$state['stale']    = array_merge( $state['stale'], $done );
			}
		} elseif ( time() - $state['compared'] > DAY_IN_SECONDS ) {
			$answer = self::put( array( 'only' => array_map( 'strval', self::ids() ) ), $timeout );
			if ( $answer['ok'] ) {
				$state['compared'] = time();
				$state['dirty']    = array_map( 'intval', (array) ( $answer['data']['missing'] ?? array() ) );
			}
		} else {
			return self::told( $state );
		}
		$state['tried'] = time();
		$state['error'] = $answer['ok'] || $done || $state['alone'] ? '' : (string) $answer['error']; // A page that is refused keeps no other from being sent.
		if ( $answer['ok'] ) {
			$state['known'] = (int) $answer['data']['pages'];
			$state['sent']  = time();
		}
		self::store( $state );
		return self::told( $state );
	}

	/**
	 * What need not be sent again: all of a batch that was taken; of one that was refused the page that the answer names, for that
	 * would be refused for ever.
	 *
	 * @param array{ids:int[],body:array<string,mixed>} $batch
	 * @return int[]
	 */
	private static function done_with( array $batch, array $answer ): array {
		if ( $answer['ok'] ) {
			return $batch['ids'];
		}
		if ( 413 === $answer['status'] && 1 === count( $batch['ids'] ) ) {
			return $batch['ids'];
		}
		if ( 422 !== $answer['status'] ) {
			return array();
		}
		$named = preg_match( '#^/pages/(\d+)/#', (string) ( $answer['data']['errors'][0]['pointer'] ?? '' ), $part );
		return $named ? array( (int) $batch['body']['pages'][ (int) $part[1] ]['id'] ) : $batch['ids'];
	}

	private static function cause( array $answer ): string {
		return mb_substr( self::plain( (string) ( $answer['data']['errors'][0]['detail'] ?? ( $answer['detail'] ?: $answer['error'] ) ), ' ' ), 0, 100, 'UTF-8' );
	}

	private static function told( array $state ): array {
		return array(
			'left'  => count( $state['dirty'] ) + ( $state['stale'] ? 1 : 0 ) + ( time() - $state['compared'] > DAY_IN_SECONDS ? 1 : 0 ),
			'known' => (int) $state['known'],
			'error' => (string) $state['error'],
		);
	}

	/** In words for the owner. */
	public static function summary(): string {
		$state = self::state();
		return implode( ' ', array_filter( array( self::progress( $state ), self::refusals( $state['refused'] ) ) ) );
	}

	private static function refusals( array $refused ): string {
		if ( ! $refused ) {
			return '';
		}
		$named = array();
		foreach ( array_slice( $refused, 0, self::NAMED, true ) as $id => $cause ) {
			$named[] = get_the_title( (int) $id ) . ' (' . $cause . ')';
		}
		if ( count( $refused ) > count( $named ) ) {
			$named[] = '…';
		}
		/* translators: 1: number of pages, 2: their titles, each with a short cause */
		return sprintf( __( 'The sidecar does not take %1$d: %2$s.', 'escalation-bridge' ), count( $refused ), implode( ', ', $named ) );
	}

	private static function progress( array $state ): string {
		if ( '' !== $state['error'] ) {
			/* translators: 1: number of pages, 2: short cause */
			return sprintf( __( '%1$d are waiting to be sent; the last try failed (%2$s).', 'escalation-bridge' ), count( $state['dirty'] ), $state['error'] );
		}
		if ( $state['dirty'] || ! $state['sent'] ) {
			/* translators: 1: number of pages, 2: number of pages */
			return sprintf( __( '%1$d are known, %2$d are waiting to be sent.', 'escalation-bridge' ), $state['known'], count( $state['dirty'] ) );
		}
		/* translators: 1: number of pages, 2: date and time */
		return sprintf( __( '%1$d are known, last sent on %2$s.', 'escalation-bridge' ), $state['known'], Admin::when( gmdate( 'Y-m-d\TH:i:s\Z', (int) $state['sent'] ) ) );
	}

	private static function store( array $state ): void {
		update_option( self::OPTION, $state, false );
	}

	private static function put( array $body, float $timeout ): array {
		return ( new Client( Settings::pairing() ) )->admin( 'PUT', '/v1/pages', $body, $timeout );
	}

	/**
	 * The first of what has changed, and what is to be forgotten, as they go into one call.
	 *
	 * @return array{ids:int[],stale:int[],body:array<string,mixed>}
	 */
	private static function batch( array $state ): array {
		$ids   = array();
		$pages = array();
		$stale = array_slice( $state['stale'], 0, self::FORGET );
		$gone  = array_map( 'strval', $stale );
		$bytes = 0;
		foreach ( array_slice( $state['dirty'], 0, $state['alone'] ? 1 : self::AT_ONCE ) as $id ) {
			$page   = self::page( (int) $id );
			$bytes += strlen( (string) wp_json_encode( $page ) );
			if ( $ids && $bytes > self::BYTES ) {
				break;
			}
			$ids[] = $id;
			if ( null === $page ) {
				$gone[] = (string) $id;
			} else {
				$pages[] = $page;
			}
		}
		return compact( 'ids', 'stale' ) + array( 'body' => compact( 'pages', 'gone' ) );
	}

	/** @return string[] */
	public static function types(): array {
		$types = function_exists( 'wc_get_product' ) ? array( 'page', 'post', 'product' ) : array( 'page', 'post' );
		/**
		 * Filters which types of content are sent.
		 *
		 * @param string[] $types Names of public post types.
		 */
		$types = (array) apply_filters( 'escbridge_knowledge_post_types', $types );
		return array_values( array_diff( array_filter( $types, 'is_post_type_viewable' ), self::coming_soon( $types ) ) );
	}

	/** What WooCommerce's "coming soon" keeps from visitors: its products, or all of the site. */
	private static function coming_soon( array $types ): array {
		if ( ! function_exists( 'wc_get_product' ) || 'yes' !== get_option( 'woocommerce_coming_soon' ) ) {
			return array();
		}
		return 'yes' === get_option( 'woocommerce_store_pages_only' ) ? array( 'product' ) : $types;
	}

	/** @return int[] Of everything that may be sent, the latest first. */
	private static function ids(): array {
		if ( ! self::types() ) {
			return array();
		}
		$public = array( 'post_type' => self::types(), 'post_status' => 'publish', 'has_password' => false );
		$all    = array( 'numberposts' => self::MOST, 'orderby' => 'modified', 'suppress_filters' => true, 'lang' => '' );
		$found  = get_posts( $public + $all + array( 'fields' => 'ids' ) );
		return array_map( 'intval', array_diff( $found, self::kept_back() ) );
	}

	/** @return int[] Pages of a shop that hold what belongs to one visitor. */
	private static function kept_back(): array {
		if ( ! function_exists( 'wc_get_page_id' ) ) {
			return array();
		}
		return array_map( 'wc_get_page_id', array( 'cart', 'checkout', 'myaccount' ) );
	}

	/** A page as a visitor without a log-in reads it; null where there is none for them. */
	public static function page( int $id ): ?array {
		$post = get_post( $id );
		if ( ! $post || 'publish' !== $post->post_status || '' !== $post->post_password || ! in_array( $post->post_type, self::types(), true ) || in_array( $id, self::kept_back(), true ) ) {
			return null;
		}
		$text = self::as_a_visitor( static fn(): string => self::text( $post ) );
		/**
		 * Filters the text of a page; an empty one keeps it back.
		 *
		 * @param string   $text Plain: paragraphs parted by an empty line, headings marked by "# ".
		 * @param \WP_Post $post What it is of.
		 */
		$text = (string) apply_filters( 'escbridge_knowledge_text', $text, $post );
		if ( '' === trim( $text ) ) {
			return null;
		}
		return array(
			'id'          => (string) $id,
			'kind'        => $post->post_type,
			'url'         => (string) get_permalink( $post ),
			'title'       => mb_substr( self::plain( get_the_title( $post ), ' ' ), 0, 300, 'UTF-8' ),
			'text'        => mb_substr( $text, 0, self::LONGEST, 'UTF-8' ),
			'language'    => self::language( $id ),
			'modified_at' => (string) get_post_modified_time( 'Y-m-d\TH:i:s\Z', true, $post ),
		);
	}

	/** Shortcodes and blocks show members more than guests: while this runs, nobody is logged in. */
	private static function as_a_visitor( callable $run ): string {
		$user = get_current_user_id();
		wp_set_current_user( 0 );
		ob_start();
		try {
			return (string) $run();
		} catch ( \Throwable $fault ) { // A broken shortcode of another plugin does not keep its page from being saved.
			return '';
		} finally {
			ob_end_clean();
			wp_set_current_user( $user );
		}
	}

	private static function text( \WP_Post $post ): string {
		$former          = $GLOBALS['post'] ?? null;
		$GLOBALS['post'] = $post; // phpcs:ignore WordPress.WP.GlobalVariablesOverride.Prohibited -- blocks ask for it; put back below.
		setup_postdata( $post );
		try {
			$text = self::of_html( (string) apply_filters( 'the_content', $post->post_content ) );
		} finally {
			$GLOBALS['post'] = $former; // phpcs:ignore WordPress.WP.GlobalVariablesOverride.Prohibited -- as it was.
		}
		return 'product' === $post->post_type ? self::of_product( $post, $text ) : $text;
	}

	/** Price and stock as the shop shows them, and the short description, before the long one. */
	private static function of_product( \WP_Post $post, string $text ): string {
		$product = wc_get_product( $post->ID );
		if ( ! $product || 'hidden' === $product->get_catalog_visibility() ) {
			return '';
		}
		$lines = array(
			self::plain( (string) preg_replace( '#<(?=ins|del|span class="screen-reader-text")#', ' <', $product->get_price_html() ), ' ' ),
			self::plain( (string) ( $product->get_availability()['availability'] ?? '' ), ' ' ),
			self::of_html( $product->get_short_description() ),
			$text,
		);
		return implode( "\n\n", array_filter( $lines ) );
	}

	private static function of_html( string $html ): string {
		$html = (string) preg_replace( '#<(script|style|noscript|template|svg|form|iframe|select|button)\b.*?</\1\s*>#is', ' ', $html );
		$html = (string) preg_replace( '#<h[1-6]\b[^>]*>(.*?)</h[1-6]\s*>#is', "\n\n# $1\n\n", $html );
		$html = (string) preg_replace( '#</(p|div|section|article|blockquote|table|ul|ol|dl|figure)\s*>#i', "\n\n", $html );
		$html = (string) preg_replace( '#<br\b[^>]*>|</(li|tr|dt|dd|figcaption)\s*>#i', "\n", $html );
		$html = (string) preg_replace( '#</t[dh]\s*>#i', ' ', $html );
		return trim( (string) preg_replace( "/\n{3,}/", "\n\n", self::plain( $html, '' ) ) );
	}

	/** Without markup and characters that are no text; `$breaks` stands for line breaks where it is not empty. */
	private static function plain( string $html, string $breaks ): string {
		$text = html_entity_decode( wp_strip_all_tags( $html ), ENT_QUOTES | ENT_HTML5, 'UTF-8' );
		$text = (string) preg_replace( '/[^\P{C}\n]+/u', '', wp_check_invalid_utf8( $text, true ) );
		$text = (string) preg_replace( '/[^\S\n]+/u', ' ', $text );
		$text = (string) preg_replace( '/ ?\n ?/', '' === $breaks ? "\n" : $breaks, $text );
		return trim( $text );
	}

	/** That of the page where a plugin for several languages says it, else that of the site. */
	private static function language( int $id ): string {
		$locale = function_exists( 'pll_get_post_language' ) ? (string) pll_get_post_language( $id, 'locale' ) : '';
		if ( '' === $locale ) {
			$known  = apply_filters( 'wpml_post_language_details', null, $id );
			$locale = is_array( $known ) ? (string) ( $known['locale'] ?? '' ) : '';
		}
		return preg_match( '/^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}$/D', $locale ) ? $locale : get_locale();
	}
}
