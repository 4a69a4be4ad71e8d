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

	const OPTION         = 'escbridge_pages'; // What is still to be sent, and how the last try went. Not autoloaded.
	const MAX_PAGES      = 5000;
	const PAGES_PER_CALL = 10;                // Pages of one call,
	const BYTES_PER_CALL = 800000;            // and about so much JSON; the sidecar takes 1 MiB.
	const MAX_TEXT       = 100000;            // Characters of a page.
	const REFUSED_SHOWN  = 5;                 // Refused pages that the owner is told by title.
	const SAVE_TIMEOUT   = 2.0;               // Seconds that saving in wp-admin may take longer.
	const RETRY_INTERVAL = 60;                // Seconds until what failed is tried again.

	// `refused`: why the sidecar does not take a page, by its number. `alone`: the next page goes by itself, for of several together one was refused, or all were too large.
	const EMPTY_STATE = array( 'dirty' => array(), 'known' => 0, 'sent' => 0, 'tried' => 0, 'compared' => 0, 'error' => '', 'refused' => array(), 'alone' => false );

	/** @var array<int,true> What this request has changed. */
	private static $touched = array();

	public static function boot(): void {
		add_action( 'update_option_' . Settings::OPTION, array( self::class, 'on_settings_saved' ), 10, 2 );
		add_action( 'admin_init', array( self::class, 'maybe_schedule_sync' ) );
		if ( ! self::is_on() ) {
			return;
		}
		foreach ( array( 'save_post', 'trashed_post', 'woocommerce_update_product', 'woocommerce_product_set_stock_status' ) as $change ) {
			add_action( $change, array( self::class, 'mark_changed' ) );
		}
		add_action( 'deleted_post', array( self::class, 'on_deleted' ), 10, 2 );
		add_action( 'transition_post_status', array( self::class, 'on_status_change' ), 10, 3 );
		foreach ( array( 'woocommerce_coming_soon', 'woocommerce_store_pages_only' ) as $option ) {
			add_action( 'add_option_' . $option, array( self::class, 'resend_after_change' ) );
			add_action( 'update_option_' . $option, array( self::class, 'resend_after_change' ) );
		}
		add_action( 'shutdown', array( self::class, 'note_changes' ) );
	}

	public static function is_on(): bool {
		return Settings::is_paired() && ! empty( Settings::all()['knowledge'] );
	}

	/** Whether the sidecar still has what was sent before the owner switched it off: it did not answer then. */
	public static function is_withdrawal_pending(): bool {
		return Settings::is_paired() && empty( Settings::all()['knowledge'] ) && false !== get_option( self::OPTION );
	}

	/** As it is now, whatever this request read before: another one may have written since. @return array<string,mixed> See EMPTY_STATE. */
	public static function state(): array {
		wp_cache_delete( self::OPTION, 'options' );
		return array_merge( self::EMPTY_STATE, (array) get_option( self::OPTION, array() ) );
	}

	public static function on_settings_saved( $before, $now ): void {
		$was = ! empty( ( (array) $before )['knowledge'] );
		$is  = ! empty( ( (array) $now )['knowledge'] );
		if ( $is && ! $was ) {
			self::mark_all_changed();
		} elseif ( $was && ! $is ) {
			self::withdraw_all( self::SAVE_TIMEOUT );
		}
	}

	private static function withdraw_all( float $timeout ): void {
		if ( self::put_pages( array( 'only' => array() ), $timeout )['ok'] ) {
			delete_option( self::OPTION );
		} else {
			self::save_state( array( 'tried' => time() ) + self::state() );
		}
	}

	/** @param int|string $id */
	public static function mark_changed( $id ): void {
		self::$touched[ (int) $id ] = true;
	}

	/** Afterwards nobody can tell any more what it was. */
	public static function on_deleted( $id, $post ): void {
		unset( self::$touched[ (int) $id ] );
		if ( in_array( $post->post_type, self::types(), true ) ) {
			self::mark_changed( $id );
		}
	}

	public static function on_status_change( $now, $before, $post ): void {
		if ( 'publish' === $now || 'publish' === $before ) {
			self::mark_changed( $post->ID );
		}
	}

	/** A request of wp-admin takes along what is left of earlier ones; the daily comparison too. */
	public static function maybe_schedule_sync(): void {
		$state = self::state();
		$due   = self::is_on() ? $state['dirty'] || self::is_comparison_due( $state ) : self::is_withdrawal_pending();
		if ( $due && time() - $state['tried'] > self::RETRY_INTERVAL && current_user_can( 'edit_posts' ) ) {
			add_action( 'shutdown', array( self::class, 'sync_step' ), 20, 0 );
		}
	}

	/** At the end of a request: what it has changed is noted, and sent where no visitor waits for it. */
	public static function note_changes(): void {
		$changed       = array_filter( array_keys( self::$touched ), array( self::class, 'is_relevant' ) );
		self::$touched = array();
		if ( ! $changed ) {
			return;
		}
		$state = self::state();
		self::save_state( array( 'dirty' => array_slice( self::united( $state['dirty'], $changed ), -self::MAX_PAGES ) ) + $state );
		if ( current_user_can( 'edit_posts' ) || wp_doing_cron() ) {
			self::sync_step();
		}
	}

	/** @return int[] */
	private static function united( array $some, array $more ): array {
		return array_values( array_unique( array_merge( $some, $more ) ) );
	}

	/** Whether it is, or may have been, one of what is sent. */
	private static function is_relevant( int $id ): bool {
		$type = get_post_type( $id );
		return false === $type || in_array( $type, self::types(), true );
	}

	/** Everything is sent anew, what has not changed too: it costs the sidecar nothing. */
	public static function mark_all_changed(): void {
		self::save_state( array( 'dirty' => self::publishable_ids(), 'compared' => 0 ) + self::state() );
	}

	/** Another sidecar may be there now, or this plugin is away for a while: what was sent counts for nothing. */
	public static function resend_after_change(): void {
		if ( self::state()['sent'] ) {
			self::mark_all_changed();
		}
	}

	/**
	 * One call: some of what is to be sent, or the comparison where it is due.
	 *
	 * @return array{left:int,known:int,error:string}
	 */
	public static function sync_step( float $timeout = self::SAVE_TIMEOUT ): array {
		$state = self::state();
		if ( self::is_withdrawal_pending() ) {
			self::withdraw_all( $timeout );
		} elseif ( $state['dirty'] ) {
			self::send_changes( $state, $timeout );
		} elseif ( self::is_comparison_due( $state ) ) {
			self::compare( $timeout );
		}
		return self::progress_data( self::state() );
	}

	private static function send_changes( array $state, float $timeout ): void {
		$taken = array_slice( $state['dirty'], 0, $state['alone'] ? 1 : self::PAGES_PER_CALL );
		self::save_state( array( 'dirty' => array_values( array_diff( $state['dirty'], $taken ) ) ) + $state ); // What changes during the call is noted anew.
		$batch   = self::next_batch( $taken );
		$answer  = self::put_pages( $batch['body'], $timeout );
		$refused = in_array( $answer['status'], array( 413, 422 ), true ) ? array_fill_keys( $batch['ids'], self::refusal_cause( $answer ) ) : array();
		if ( 1 === count( $refused ) ) {
			$answer = self::put_pages( array( 'gone' => array_map( 'strval', $batch['ids'] ) ), $timeout ); // It may know an earlier text.
		}
		$done  = $answer['ok'] ? $batch['ids'] : array();
		$state = self::state();

		$state['alone']   = count( $refused ) > 1;
		$state['dirty']   = self::united( array_diff( $taken, $done ), $state['dirty'] );
		$state['refused'] = array_intersect_key( $refused, array_flip( $done ) ) + array_diff_key( $state['refused'], array_flip( $done ) );
		self::save_outcome( $state, $answer, $done || $state['alone'] ); // A page that is refused keeps no other from being sent.
	}

	/** The sidecar forgets what is no longer published and says what it lacks; once a day all of it goes, for a text may have changed behind WordPress's back. */
	private static function compare( float $timeout ): void {
		$ids    = self::publishable_ids();
		$answer = self::put_pages( array( 'only' => array_map( 'strval', $ids ) ), $timeout );
		$state  = self::state();
		if ( $answer['ok'] ) {
			$lacking           = $state['compared'] ? $ids : array_map( 'intval', $answer['data']['missing'] );
			$state['dirty']    = self::united( $state['dirty'], $lacking );
			$state['compared'] = time();
		}
		self::save_outcome( $state, $answer, false );
	}

	private static function save_outcome( array $state, array $answer, bool $is_progress ): void {
		$state['tried'] = time();
		$state['error'] = $is_progress ? '' : (string) $answer['error'];
		if ( $answer['ok'] ) {
			$state['known'] = (int) $answer['data']['pages'];
			$state['sent']  = time();
		}
		self::save_state( $state );
	}

	private static function is_comparison_due( array $state ): bool {
		return time() - $state['compared'] > DAY_IN_SECONDS;
	}

	private static function refusal_cause( array $answer ): string {
		return mb_substr( self::plain_text( (string) ( $answer['data']['errors'][0]['detail'] ?? ( $answer['detail'] ?: $answer['error'] ) ), ' ' ), 0, 100, 'UTF-8' );
	}

	private static function progress_data( array $state ): array {
		return array(
			'left'  => count( $state['dirty'] ) + (int) self::is_comparison_due( $state ),
			'known' => (int) $state['known'],
			'error' => (string) $state['error'],
		);
	}

	/** In words for the owner. */
	public static function summary(): string {
		$state = self::state();
		return implode( ' ', array_filter( array( self::progress_text( $state ), self::refusals_text( $state['refused'] ) ) ) );
	}

	private static function refusals_text( array $refused ): string {
		if ( ! $refused ) {
			return '';
		}
		$named = array();
		foreach ( array_slice( $refused, 0, self::REFUSED_SHOWN, true ) as $id => $cause ) {
			$named[] = get_the_title( (int) $id ) . ' (' . $cause . ')';
		}
		if ( count( $refused ) > count( $named ) ) {
			$named[] = '…';
		}
		/* translators: 1: number of pages, 2: their titles, each with a short cause */
		return sprintf( __( 'The sidecar does not take %1$d: %2$s.', 'escalation-bridge' ), count( $refused ), implode( ', ', $named ) );
	}

	private static function progress_text( array $state ): string {
		if ( '' !== $state['error'] ) {
			/* translators: 1: number of pages, 2: short cause */
			return sprintf( __( '%1$d are waiting to be sent; the last try failed (%2$s).', 'escalation-bridge' ), count( $state['dirty'] ), $state['error'] );
		}
		if ( $state['dirty'] || ! $state['sent'] ) {
			/* translators: 1: number of pages, 2: number of pages */
			return sprintf( __( '%1$d are known, %2$d are waiting to be sent.', 'escalation-bridge' ), $state['known'], count( $state['dirty'] ) );
		}
		/* translators: 1: number of pages, 2: date and time */
		return sprintf( __( '%1$d are known, last sent on %2$s.', 'escalation-bridge' ), $state['known'], Admin::format_time( gmdate( 'Y-m-d\TH:i:s\Z', (int) $state['sent'] ) ) );
	}

	private static function save_state( array $state ): void {
		update_option( self::OPTION, $state, false );
	}

	private static function put_pages( array $body, float $timeout ): array {
		return Plugin::client()->admin( 'PUT', Client::with_home( '/v1/pages' ), $body, $timeout );
	}

	/**
	 * The first of what has changed, as they go into one call.
	 *
	 * @return array{ids:int[],body:array<string,mixed>}
	 */
	private static function next_batch( array $dirty ): array {
		$ids   = array();
		$pages = array();
		$gone  = array();
		$bytes = 0;
		foreach ( $dirty as $id ) {
			$page   = self::payload( (int) $id );
			$bytes += strlen( (string) wp_json_encode( $page ) );
			if ( $ids && $bytes > self::BYTES_PER_CALL ) {
				break;
			}
			$ids[] = $id;
			if ( null === $page ) {
				$gone[] = (string) $id;
			} else {
				$pages[] = $page;
			}
		}
		return array( 'ids' => $ids, 'body' => compact( 'pages', 'gone' ) );
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
		return array_values( array_diff( array_filter( $types, 'is_post_type_viewable' ), self::hidden_by_coming_soon( $types ) ) );
	}

	/** What WooCommerce's "coming soon" keeps from visitors: its products, or all of the site. */
	private static function hidden_by_coming_soon( array $types ): array {
		if ( ! function_exists( 'wc_get_product' ) || 'yes' !== get_option( 'woocommerce_coming_soon' ) ) {
			return array();
		}
		return 'yes' === get_option( 'woocommerce_store_pages_only' ) ? array( 'product' ) : $types;
	}

	/** @return int[] Of everything that may be sent, the latest first. */
	private static function publishable_ids(): array {
		if ( ! self::types() ) {
			return array();
		}
		$public = array( 'post_type' => self::types(), 'post_status' => 'publish', 'has_password' => false );
		$all    = array( 'numberposts' => self::MAX_PAGES, 'orderby' => 'modified', 'suppress_filters' => true, 'lang' => '' );
		$found  = get_posts( $public + $all + array( 'fields' => 'ids' ) );
		return array_map( 'intval', array_diff( $found, self::private_page_ids() ) );
	}

	/** @return int[] Pages of a shop that hold what belongs to one visitor. */
	private static function private_page_ids(): array {
		if ( ! function_exists( 'wc_get_page_id' ) ) {
			return array();
		}
		return array_map( 'wc_get_page_id', array( 'cart', 'checkout', 'myaccount' ) );
	}

	/** A page as a visitor without a log-in reads it; null where there is none for them. */
	public static function payload( int $id ): ?array {
		$post = get_post( $id );
		if ( ! $post || 'publish' !== $post->post_status || '' !== $post->post_password || ! in_array( $post->post_type, self::types(), true ) || in_array( $id, self::private_page_ids(), true ) ) {
			return null;
		}
		$text = self::guest_text( $post );
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
			'title'       => mb_substr( self::plain_text( get_the_title( $post ), ' ' ), 0, 300, 'UTF-8' ),
			'text'        => mb_substr( $text, 0, self::MAX_TEXT, 'UTF-8' ),
			'language'    => self::language( $id ),
			'modified_at' => (string) get_post_modified_time( 'Y-m-d\TH:i:s\Z', true, $post ),
		);
	}

	/** Shortcodes and blocks show members more than guests: while they run, nobody is logged in. */
	private static function guest_text( \WP_Post $post ): string {
		$user   = get_current_user_id();
		$former = $GLOBALS['post'] ?? null;
		wp_set_current_user( 0 );
		ob_start();
		try {
			$GLOBALS['post'] = $post; // phpcs:ignore WordPress.WP.GlobalVariablesOverride.Prohibited -- blocks ask for it; put back below.
			setup_postdata( $post );
			$text = self::text_of_html( (string) apply_filters( 'the_content', $post->post_content ) );
			return 'product' === $post->post_type ? self::product_text( $post, $text ) : $text;
		} catch ( \Throwable $fault ) { // A broken shortcode of another plugin does not keep its page from being saved.
			return '';
		} finally {
			ob_end_clean();
			$GLOBALS['post'] = $former; // phpcs:ignore WordPress.WP.GlobalVariablesOverride.Prohibited -- as it was.
			wp_set_current_user( $user );
		}
	}

	/** Price and stock as the shop shows them, and the short description, before the long one. */
	private static function product_text( \WP_Post $post, string $text ): string {
		$product = wc_get_product( $post->ID );
		if ( ! $product || 'hidden' === $product->get_catalog_visibility() ) {
			return '';
		}
		$lines = array(
			self::plain_text( (string) preg_replace( '#<(?=ins|del|span class="screen-reader-text")#', ' <', $product->get_price_html() ), ' ' ),
			self::plain_text( (string) ( $product->get_availability()['availability'] ?? '' ), ' ' ),
			self::text_of_html( $product->get_short_description() ),
			$text,
		);
		return implode( "\n\n", array_filter( $lines ) );
	}

	private static function text_of_html( string $html ): string {
		$html = (string) preg_replace( '#<(script|style|noscript|template|svg|form|iframe|select|button)\b.*?</\1\s*>#is', ' ', $html );
		$html = (string) preg_replace( '#<h[1-6]\b[^>]*>(.*?)</h[1-6]\s*>#is', "\n\n# $1\n\n", $html );
		$html = (string) preg_replace( '#</(p|div|section|article|blockquote|table|ul|ol|dl|figure)\s*>#i', "\n\n", $html );
		$html = (string) preg_replace( '#<br\b[^>]*>|</(li|tr|dt|dd|figcaption)\s*>#i', "\n", $html );
		$html = (string) preg_replace( '#</t[dh]\s*>#i', ' ', $html );
		return trim( (string) preg_replace( "/\n{3,}/", "\n\n", self::plain_text( $html, '' ) ) );
	}

	/** Without markup and characters that are no text; `$breaks` stands for line breaks where it is not empty. */
	private static function plain_text( string $html, string $breaks ): string {
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
