<?php
/**
 * What visitors send while the sidecar is away: kept as rows of a private post type, and handed over by the next request that
 * finds the sidecar back. While something waits, one request in a minute looks for it, whatever it is for: a view of a page too.
 *
 * A row goes only after the sidecar has taken it. Whoever dies in between sends it again under the id it had, and the sidecar
 * knows it. A newer message of the same conversation waits behind the older ones. What the sidecar will never take is set
 * aside: nothing waits behind it, and the owner gets it by mail.
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

final class Outbox {

	const POST_TYPE            = 'escbridge_kept';
	const WAITING              = 'private';           // Status of what is to be handed over.
	const REFUSED              = 'draft';             // Status of what the owner gets by mail.
	const MAX_ROWS             = 1000;                // Rows of the site.
	const MAX_ROWS_PER_SESSION = 50;                  // Rows of one conversation.
	const MAX_AGE              = 30 * DAY_IN_SECONDS; // Then the owner gets it by mail instead.
	const TIME_LIMIT           = 5.0;                 // Seconds that one request spends on handing over.
	const TIME_LIMIT_BLOCKING  = 1.0;                 // The same, while somebody waits for the page.
	const NEXT_TRY_OPTION      = 'escbridge_waits';   // Autoloaded: from when on any request looks for the sidecar, '0' while nothing is kept.
	const RETRY_INTERVAL       = 60;                  // Seconds from one look to the next.
	const LOCK                 = 'escbridge_kept';    // WordPress stores it as the option escbridge_kept.lock.
	const LOCK_TIMEOUT         = 30;                  // Seconds after which its holder is taken for dead.
	const NOTIFIED_LOCK        = 'escbridge_away';    // The same, while the owner has been told of this outage.
	const MAIL_LOCK            = 'escbridge_mail';    // The same, while what was refused is mailed.
	const MAIL_PAUSE           = 300;                 // Seconds after a mail that failed: the next one, too, may wait long for its server.
	const JSON_FLAGS           = JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT; // Nothing that a filter of post contents looks for.

	/** @var bool Whether this request hands over at its end. */
	private static $due = false;

	public static function boot(): void {
		add_action( 'init', array( self::class, 'register' ) );
		add_action( 'wp_uninitialize_site', array( self::class, 'mail_all_of_site' ), 5 ); // Before core drops its tables.
		if ( (int) get_option( self::NEXT_TRY_OPTION ) < time() ) {
			self::deliver_at_shutdown();
		}
	}

	public static function register(): void {
		$hidden = array( 'public' => false, 'rewrite' => false, 'query_var' => false, 'can_export' => false, 'capability_type' => self::POST_TYPE ); // No role has its capabilities, or editors had them by XML-RPC.
		register_post_type( self::POST_TYPE, $hidden + array( 'supports' => array( 'title' ) ) );
	}

	/** What waits is handed over at the end of this request, when its answer is out. */
	public static function deliver_at_shutdown(): void {
		if ( ! self::$due && get_option( self::NEXT_TRY_OPTION ) ) {
			self::$due = true;
			add_action( 'shutdown', array( self::class, 'on_shutdown' ) );
		}
	}

	public static function on_shutdown(): void {
		if ( ! self::reschedule() ) {
			return;
		}
		$span    = self::finish_request() ? self::TIME_LIMIT : self::TIME_LIMIT_BLOCKING;
		$expired = array( 'date_query' => array( array( 'before' => gmdate( 'Y-m-d H:i:s', time() - self::MAX_AGE ), 'column' => 'post_date_gmt' ) ) );
		array_map( array( self::class, 'set_aside' ), array_keys( self::rows( $expired + self::waiting() ) ) );
		self::deliver( '', $span );
		self::mail_refused( microtime( true ) + $span );
	}

	/** PHP-FPM and LiteSpeed give the answer out while PHP goes on. Under Apache's mod_php the browser waits until PHP has ended. */
	public static function finish_request(): bool {
		foreach ( array( 'fastcgi_finish_request', 'litespeed_finish_request' ) as $finish ) {
			if ( function_exists( $finish ) ) {
				$finish();
				return true;
			}
		}
		return false;
	}

	/** Whether something is kept, noted for the requests to come. After "nothing" is noted it is looked for once more: a row may have come meanwhile. */
	private static function reschedule(): bool {
		if ( ! self::has_rows() ) {
			update_option( self::NEXT_TRY_OPTION, '0' );
		}
		return self::has_rows() && self::schedule_next_try();
	}

	private static function schedule_next_try(): bool {
		update_option( self::NEXT_TRY_OPTION, (string) ( time() + self::RETRY_INTERVAL ) );
		return true;
	}

	/** True once the row is stored, also when it was stored before. It comes without `at`. */
	public static function add( array $row ): bool {
		$name = md5( $row['session'] . ' ' . $row['id'] ); // A turn's id is one in its conversation only.
		if ( self::query( array( 'name' => $name ) ) ) {
			return self::schedule_next_try();
		}
		if ( self::count() >= self::MAX_ROWS || self::count( array( 'title' => $row['session'] ) ) >= self::MAX_ROWS_PER_SESSION ) {
			return false;
		}
		$post = array(
			'post_type'    => self::POST_TYPE,
			'post_status'  => self::WAITING,
			'post_title'   => $row['session'],
			'post_name'    => $name,
			'post_author'  => $row['user'],
			'post_content' => wp_json_encode( $row + array( 'at' => Client::now_ms() ), self::JSON_FLAGS ),
		);
		if ( ! wp_insert_post( wp_slash( $post ) ) ) {
			return false;
		}
		if ( 'contact' === $row['kind'] || Client::breaker()['open'] ) {
			add_action( 'shutdown', array( self::class, 'notify_owner' ) );
		}
		return self::schedule_next_try();
	}

	/** Whether a new message of this conversation may go: what waits of it goes first. */
	public static function deliver_earlier( string $session ): bool {
		return ! get_option( self::NEXT_TRY_OPTION ) || ! self::has_rows( self::waiting( $session ) ) || self::deliver( $session );
	}

	/** Hands over what waits, of one conversation or of all, if nobody else is at it; true when nothing is left. */
	public static function deliver( string $session = '', float $span = self::TIME_LIMIT ): bool {
		if ( ! self::lock( self::LOCK, self::LOCK_TIMEOUT ) ) {
			return false;
		}
		try {
			self::deliver_rows( $session, $span );
		} finally {
			\WP_Upgrader::release_lock( self::LOCK );
		}
		self::reschedule();
		if ( ! self::has_rows( self::waiting() ) ) {
			\WP_Upgrader::release_lock( self::NOTIFIED_LOCK );
		}
		return ! self::has_rows( self::waiting( $session ) );
	}

	/** What can be answered by nobody but the team, for its visitor is known and not in the chat, goes to the team. */
	private static function deliver_rows( string $session, float $span ): void {
		$rows   = self::rows( self::waiting( $session ) );
		$end    = microtime( true ) + $span;
		$bridge = $span < Client::TIME_BUDGET ? new Bridge( new Client( Settings::pairing(), $span ) ) : Plugin::bridge();
		foreach ( $rows as $post => $row ) {
			$verdict = '' === $row['id'] ? array( 'down' => false, 'error' => 'unreadable' ) : $bridge->send( $row );
			if ( 'answer' === ( $verdict['action'] ?? '' ) && $row['user'] > 0 && '' === $session ) {
				$verdict = $bridge->ask_for_person( $row );
			}
			if ( $verdict['down'] ) {
				return;
			}
			$taken = '' === $verdict['error'] && ( 'turn' === $row['kind'] || 'escalated' === $verdict['state'] );
			$taken ? wp_delete_post( $post, true ) : self::set_aside( $post );
			if ( microtime( true ) > $end ) {
				return;
			}
		}
	}

	private static function set_aside( int $post ): void {
		wp_update_post( array( 'ID' => $post, 'post_status' => self::REFUSED ) );
	}

	private static function mail_refused( float $end ): void {
		if ( ! self::lock( self::MAIL_LOCK, self::MAIL_PAUSE ) ) {
			return;
		}
		foreach ( self::rows( array( 'post_status' => self::REFUSED ) ) as $post => $row ) {
			if ( ! Fallback::mail_queued( array( $row ), Fallback::REFUSED ) ) {
				return; // The lock stays.
			}
			wp_delete_post( $post, true );
			if ( microtime( true ) > $end ) {
				break;
			}
		}
		\WP_Upgrader::release_lock( self::MAIL_LOCK );
	}

	/** The plugin is being deleted, so nothing hands this over any more: the owner gets it, a conversation a mail. */
	public static function mail_all(): void {
		$by_session = array();
		foreach ( self::rows() as $row ) {
			$by_session[ $row['session'] ][] = $row;
		}
		foreach ( $by_session as $rows ) {
			Fallback::mail_queued( $rows, Fallback::DOWN );
		}
	}

	/** The same for a site of a network that is being deleted. */
	public static function mail_all_of_site( \WP_Site $site ): void {
		switch_to_blog( (int) $site->blog_id );
		self::mail_all();
		restore_current_blog();
	}

	/** Once an outage, when the visitor has the answer. */
	public static function notify_owner(): void {
		self::finish_request();
		if ( self::lock( self::NOTIFIED_LOCK, self::MAX_AGE ) && ! Fallback::notify_outage( self::count( self::waiting() ) ) ) {
			update_option( self::NOTIFIED_LOCK . '.lock', time() - self::MAX_AGE + self::MAIL_PAUSE, false );
		}
	}

	/** What is told of rows that were set aside. */
	public static function refused_text(): string {
		return __( 'The sidecar does not take this, or it has waited for 30 days. It goes to the contact address by mail, and stays here until WordPress can send one.', 'escalation-bridge' );
	}

	/** The query for what is to be handed over, of one conversation or of all. */
	private static function waiting( string $session = '' ): array {
		return array( 'title' => $session, 'post_status' => self::WAITING );
	}

	private static function has_rows( array $query = array() ): bool {
		return (bool) self::query( array( 'numberposts' => 1 ) + $query );
	}

	public static function count( array $query = array() ): int {
		return count( self::query( array( 'fields' => 'ids' ) + $query ) );
	}

	/** Oldest first, by the number of the post. */
	public static function rows( array $query = array() ): array {
		$posts = self::query( $query );
		return array_combine( wp_list_pluck( $posts, 'ID' ), array_map( array( self::class, 'decode' ), $posts ) );
	}

	/** What is kept of a person: each conversation in which this address was typed, or whose visitor is logged in with it. */
	public static function rows_of_person( string $email ): array {
		$rows  = self::rows();
		$user  = get_user_by( 'email', $email );
		$mine  = static fn( array $row ): bool => ( $user && $user->ID === $row['user'] ) || 0 === strcasecmp( (string) ( $row['contact']['email'] ?? '' ), $email );
		$theirs = array_column( array_filter( $rows, $mine ), 'session', 'session' );
		return array_filter( $rows, static fn( array $row ): bool => isset( $theirs[ $row['session'] ] ) );
	}

	/** Removes what is kept of a person, and says how many rows that were. */
	public static function erase( string $email ): int {
		$rows = self::rows_of_person( $email );
		foreach ( array_keys( $rows ) as $post ) {
			wp_delete_post( $post, true );
		}
		return count( $rows );
	}

	/** Whatever is kept, of every conversation where the title is empty. Without WordPress's cache: another request may hand over at the same time. */
	private static function query( array $query ): array {
		return get_posts(
			$query + array(
				'post_type'     => self::POST_TYPE,
				'post_status'   => array( self::WAITING, self::REFUSED ),
				'orderby'       => 'ID',
				'order'         => 'ASC',
				'numberposts'   => self::MAX_ROWS,
				'cache_results' => false,
			)
		);
	}

	/** What cannot be read has no id: it is sent nowhere, and the owner gets it as it is. */
	private static function decode( \WP_Post $post ): array {
		$row = json_decode( $post->post_content, true );
		return isset( $row['kind'], $row['id'], $row['session'], $row['user'], $row['text'], $row['at'] ) ? $row : array(
			'kind'    => 'turn',
			'id'      => '',
			'session' => $post->post_title,
			'user'    => (int) $post->post_author,
			'text'    => $post->post_content,
			'at'      => 1000 * (int) strtotime( $post->post_date_gmt . ' UTC' ),
		);
	}

	/** WordPress's own lock: a row of the options that only one request can insert. */
	public static function lock( string $name, int $seconds ): bool {
		require_once ABSPATH . 'wp-admin/includes/class-wp-upgrader.php';
		return \WP_Upgrader::create_lock( $name, $seconds );
	}
}
