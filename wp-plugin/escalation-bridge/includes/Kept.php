<?php
/**
 * What visitors send while the sidecar is away: kept as rows of a private post type, and handed over by the next request that
 * finds the sidecar back. While something waits, one request in a minute looks for it, whatever it is for: a view of a page too.
 *
 * A row goes only after the sidecar has taken it. Whoever dies in between sends it again under the id it had, and the sidecar
 * knows it. A newer message of the same conversation waits behind the older ones.
 *
 * A row is an array:
 *   kind    string  turn or contact
 *   id      string  of the turn; for a contact, of the turn that asks for a person
 *   session string  its conversation
 *   user    int     who was logged in, 0 for a guest
 *   text    string  the message; for a contact, the words that ask for a person
 *   contact array   email, phone, name; only of a contact
 *   page    array   what a conversation is begun with, see Context::session()
 *   at      int     when it was sent, in milliseconds UTC
 */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Kept {

	const TYPE      = 'escbridge_kept';
	const MOST      = 1000;                // Rows of the site.
	const OF_ONE    = 50;                  // Rows of one conversation.
	const AGE       = 30 * DAY_IN_SECONDS; // Then the owner gets it by mail instead.
	const SPAN      = 5.0;                 // Seconds that one request spends on handing over.
	const HURRY     = 1.0;                 // The same, while somebody waits for the page.
	const WAITS     = 'escbridge_waits';   // Autoloaded: from when on any request looks for the sidecar, '0' while nothing waits.
	const PAUSE     = 60;                  // Seconds from one look to the next.
	const LOCK      = 'escbridge_kept';    // WordPress stores it as the option escbridge_kept.lock.
	const LOCK_LIFE = 30;                  // Seconds after which its holder is taken for dead.
	const TOLD      = 'escbridge_away';    // The same, while the owner has been told of this outage.
	const ASCII     = JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT; // Nothing that a filter of post contents looks for.

	/** @var bool Whether this request hands over at its end. */
	private static $due = false;

	public static function boot(): void {
		add_action( 'init', array( self::class, 'register' ) );
		if ( (int) get_option( self::WAITS ) < time() ) {
			self::soon();
		}
	}

	public static function register(): void {
		$hidden = array( 'public' => false, 'rewrite' => false, 'query_var' => false, 'can_export' => false );
		register_post_type( self::TYPE, $hidden + array( 'supports' => array( 'title' ) ) );
	}

	/** What waits is handed over at the end of this request, when its answer is out. */
	public static function soon(): void {
		if ( ! self::$due && get_option( self::WAITS ) ) {
			self::$due = true;
			add_action( 'shutdown', array( self::class, 'at_the_end' ) );
		}
	}

	public static function at_the_end(): void {
		if ( ! self::look() ) {
			return;
		}
		$span = self::answer_is_out() ? self::SPAN : self::HURRY;
		self::mail_the_old( microtime( true ) + $span );
		self::hand_over( '', $span );
	}

	/** PHP-FPM and LiteSpeed give the answer out while PHP goes on. Under Apache's mod_php the browser waits until PHP has ended. */
	private static function answer_is_out(): bool {
		foreach ( array( 'fastcgi_finish_request', 'litespeed_finish_request' ) as $finish ) {
			if ( function_exists( $finish ) ) {
				$finish();
				return true;
			}
		}
		return false;
	}

	/** Whether something waits, noted for the requests to come. "Nothing" is noted first, so that a row which comes meanwhile is not missed. */
	private static function look(): bool {
		update_option( self::WAITS, '0' );
		return self::waits() && self::note();
	}

	private static function note(): bool {
		update_option( self::WAITS, (string) ( time() + self::PAUSE ) );
		return true;
	}

	/** True once the row is stored, also when it was stored before. It comes without `at`. */
	public static function keep( array $row ): bool {
		$name = md5( $row['session'] . ' ' . $row['id'] ); // A turn's id is one in its conversation only.
		if ( self::posts( array( 'name' => $name ) ) ) {
			return self::note();
		}
		if ( self::count() >= self::MOST || count( self::rows( $row['session'] ) ) >= self::OF_ONE ) {
			return false;
		}
		$post = array(
			'post_type'    => self::TYPE,
			'post_status'  => 'private',
			'post_title'   => $row['session'],
			'post_name'    => $name,
			'post_author'  => $row['user'],
			'post_content' => wp_json_encode( $row + array( 'at' => Client::now() ), self::ASCII ),
		);
		if ( ! wp_insert_post( wp_slash( $post ) ) ) {
			return false;
		}
		self::tell_owner( 'contact' === $row['kind'] || Client::breaker()['open'] );
		return self::note();
	}

	/** Whether a new message of this conversation may go: what waits of it goes first. */
	public static function clear_way( string $session ): bool {
		return ! self::waits( $session ) || self::hand_over( $session );
	}

	/** Hands over what waits, of one conversation or of all, if nobody else is at it; true when nothing is left. */
	public static function hand_over( string $session = '', float $span = self::SPAN ): bool {
		if ( ! self::lock( self::LOCK, self::LOCK_LIFE ) ) {
			return false;
		}
		try {
			self::walk( self::rows( $session ), $span );
		} finally {
			\WP_Upgrader::release_lock( self::LOCK );
		}
		if ( ! self::look() ) {
			\WP_Upgrader::release_lock( self::TOLD );
		}
		return ! self::waits( $session );
	}

	/** @param array<int,array<string,mixed>> $rows By the number of the post. */
	private static function walk( array $rows, float $span ): void {
		$end    = microtime( true ) + $span;
		$bridge = $span < Client::BUDGET ? new Bridge( new Client( Settings::pairing(), $span ) ) : Plugin::bridge();
		foreach ( $rows as $post => $row ) {
			$verdict = $bridge->bring( $row );
			if ( $verdict['down'] ) {
				return;
			}
			$taken = '' === $verdict['error'] && ( 'turn' === $row['kind'] || 'escalated' === $verdict['state'] );
			if ( $taken || Fallback::mail_row( $row ) ) { // What the sidecar will never take, the owner gets.
				wp_delete_post( $post, true );
			}
			if ( microtime( true ) > $end ) {
				return;
			}
		}
	}

	private static function mail_the_old( float $end ): void {
		foreach ( self::posts( array( 'date_query' => array( array( 'before' => gmdate( 'Y-m-d H:i:s', time() - self::AGE ), 'column' => 'post_date_gmt' ) ) ) ) as $post ) {
			if ( microtime( true ) < $end && Fallback::mail_row( self::row( $post ) ) ) {
				wp_delete_post( $post->ID, true );
			}
		}
	}

	private static function tell_owner( bool $now ): void {
		if ( $now && self::lock( self::TOLD, self::AGE ) && ! Fallback::tell( self::count() ) ) {
			\WP_Upgrader::release_lock( self::TOLD );
		}
	}

	public static function waits( string $session = '' ): bool {
		return (bool) self::posts( array( 'numberposts' => 1, 'title' => $session ) );
	}

	public static function count(): int {
		return count( self::posts( array( 'fields' => 'ids' ) ) );
	}

	/** Oldest first, of one conversation or of all; by the number of the post. */
	public static function rows( string $session = '' ): array {
		$posts = self::posts( array( 'title' => $session ) );
		return array_combine( wp_list_pluck( $posts, 'ID' ), array_map( array( self::class, 'row' ), $posts ) );
	}

	/** What is kept of a person: each conversation in which this address was typed, or whose visitor is logged in with it. */
	public static function of_person( string $email ): array {
		$rows  = self::rows();
		$user  = get_user_by( 'email', $email );
		$mine  = static fn( array $row ): bool => ( $user && $user->ID === $row['user'] ) || 0 === strcasecmp( (string) ( $row['contact']['email'] ?? '' ), $email );
		$theirs = array_column( array_filter( $rows, $mine ), 'session', 'session' );
		return array_filter( $rows, static fn( array $row ): bool => isset( $theirs[ $row['session'] ] ) );
	}

	/** Removes what is kept of a person, and says how many rows that were. */
	public static function erase( string $email ): int {
		$rows = self::of_person( $email );
		foreach ( array_keys( $rows ) as $post ) {
			wp_delete_post( $post, true );
		}
		return count( $rows );
	}

	/** Of every conversation where the title is empty. Without WordPress's cache: another request may hand over at the same time. */
	private static function posts( array $query ): array {
		return get_posts(
			$query + array(
				'post_type'     => self::TYPE,
				'post_status'   => 'private',
				'orderby'       => 'ID',
				'order'         => 'ASC',
				'numberposts'   => self::MOST,
				'cache_results' => false,
			)
		);
	}

	private static function row( \WP_Post $post ): array {
		return (array) json_decode( $post->post_content, true );
	}

	/** WordPress's own lock: a row of the options that only one request can insert. */
	public static function lock( string $name, int $seconds ): bool {
		require_once ABSPATH . 'wp-admin/includes/class-wp-upgrader.php';
		return \WP_Upgrader::create_lock( $name, $seconds );
	}
}
