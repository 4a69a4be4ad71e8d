<?php
/** What a visitor's browser may ask of this site, and the two routes of the settings and escalation pages. */

declare(strict_types=1);

namespace EscalationBridge;

use WP_Error;
use WP_REST_Request;
use WP_REST_Response;

defined( 'ABSPATH' ) || exit;

final class Rest {

	const REST_NAMESPACE    = 'escalation-bridge/v1';
	const SESSION_ROUTE     = '/sessions/(?P<id>[A-Za-z0-9_-]{16,64})';
	const PHONE_PATTERN    = '/^\+?[0-9][0-9 .\/-]{3,29}[0-9]$/D'; // Once it went through phone().
	const SLOT_PATTERN      = '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,12}Z$'; // The id of a time for a call: its beginning.
	const MAX_BODY          = 16384;
	const MAX_CONTACT       = 65536;           // With the transcript that the browser holds.
	const TOKEN_LIFE        = DAY_IN_SECONDS;
	const TOKEN_LOCKED      = WEEK_IN_SECONDS; // Whoever was promised an answer may come back for it after a weekend.
	const TURN_SECONDS      = 180;             // After which a turn in progress is taken for lost: longer than a bot and a browser wait.
	const BOT_FIELDS        = array( 'confidence' => 1, 'intent' => 1, 'intent_matched' => 1, 'failed' => 1 );

	public static function register(): void {
		$text = static fn( int $max, array $more = array() ): array => array( 'type' => 'string', 'maxLength' => $max ) + $more;
		$must = array( 'required' => true );
		$line = array( 'type' => 'object', 'properties' => array( 'who' => $text( 80, $must ), 'text' => $text( 8000, $must ) ) );
		$page = array(
			'page_url' => $text( 2000 ),
			'locale'   => $text( 35 ),
			'timezone' => $text( 64 ),
		);
		$turn = array(
			'client_turn_id' => array( 'type' => 'string', 'format' => 'uuid' ) + $must,
			'message'        => $text( 4000, array( 'minLength' => 1 ) + $must ),
		);
		$form = array(
			'email'         => $text( 254, array( 'format' => 'email' ) ),
			'phone'         => array( 'type' => 'string', 'validate_callback' => static fn( $typed ): bool => is_string( $typed ) && 1 === preg_match( self::PHONE_PATTERN, self::phone( $typed ) ) ),
			'name'          => $text( 120 ),
			'callback_slot' => $text( 24, array( 'pattern' => self::SLOT_PATTERN ) ),
			'transcript'    => array( 'type' => 'array', 'maxItems' => 300, 'items' => $line ),
		);
		self::route( '/sessions', 'start', 'check_browser', $page );
		self::route( self::SESSION_ROUTE . '/turns', 'turn', 'check_visitor', $turn );
		self::route( self::SESSION_ROUTE . '/events', 'events', 'check_visitor', array( 'after' => array( 'type' => 'integer', 'minimum' => 0, 'default' => 0 ) ), 'events' );
		self::route( self::SESSION_ROUTE . '/contact', 'contact', 'check_visitor', $form );
		self::route( self::SESSION_ROUTE . '/slots', 'slots', 'check_visitor', array(), 'calls' );
		self::route( self::SESSION_ROUTE . '/close', 'close', 'check_visitor', array(), 'events' );
		self::route( '/test', 'test', 'check_team' );
		self::route( '/pages', 'pages', 'check_team', array( 'all' => array( 'type' => 'boolean' ) ) );
		self::route( '/presence', 'presence', 'check_team', array( 'available' => array( 'type' => 'boolean' ) + $must ) );
		add_filter( 'rest_allowed_cors_headers', static fn( $names ): array => array_merge( (array) $names, array( 'X-Escbridge-Token' ) ) ); // For a page under another name of the site.
		add_filter( 'rest_request_before_callbacks', array( self::class, 'visitor_error_texts' ), 10, 3 );
	}

	/** WordPress refuses a field in the words of a program; here a visitor reads them. */
	public static function visitor_error_texts( $answer, $handler, WP_REST_Request $request ) {
		$visitors = 0 === strpos( $request->get_route(), '/' . self::REST_NAMESPACE . '/sessions' );
		if ( ! $visitors || ! is_wp_error( $answer ) || 'rest_invalid_param' !== $answer->get_error_code() ) {
			return $answer;
		}
		$fields = (array) $answer->get_error_data();
		$wrong  = array_intersect_key( array( 'phone' => 'phone', 'email' => 'address' ), (array) ( $fields['params'] ?? array() ) );
		return self::error( 'rest_invalid_param', CallPage::text( reset( $wrong ) ?: 'message' ), 400, $fields );
	}

	/** @param string $kind Of the limit that each call of the conversation counts for. Not in the check: WordPress asks that once more for a header. */
	private static function route( string $path, string $method, string $check, array $args = array(), string $kind = '' ): void {
		register_rest_route(
			self::REST_NAMESPACE,
			$path,
			array(
				'methods'             => 'POST',
				'callback'            => static function ( WP_REST_Request $request ) use ( $method, $kind ) {
					$wait = '' === $kind ? 0 : Limits::hit( $kind, self::session( $request ) );
					Health::note_barred( (int) $request['barred'] );
					return $wait > 0 ? self::too_many( $wait ) : self::{$method}( $request );
				},
				'permission_callback' => array( self::class, $check ),
				'show_in_index'       => false,
				'args'                => $args,
			)
		);
	}

	public static function check_team(): bool {
		return current_user_can( 'escbridge_manage' );
	}

	public static function check_browser( WP_REST_Request $request ) {
		$max = '/contact' === substr( $request->get_route(), -8 ) ? self::MAX_CONTACT : self::MAX_BODY;
		if ( strlen( $request->get_body() ) > $max ) {
			return self::error( 'escbridge_too_large', __( 'That message is too long.', 'escalation-bridge' ), 413 );
		}
		if ( ! $request->is_json_content_type() ) {
			return self::error( 'escbridge_not_json', __( 'JSON is wanted here.', 'escalation-bridge' ), 415 );
		}
		if ( ! self::is_own_origin( (string) $request->get_header( 'origin' ) ) ) {
			return self::error( 'escbridge_foreign_origin', __( 'This chat belongs to another site.', 'escalation-bridge' ), 403 );
		}
		return true;
	}

	public static function check_visitor( WP_REST_Request $request ) {
		$allowed = self::check_browser( $request );
		if ( true !== $allowed ) {
			return $allowed;
		}
		$token = self::token( $request );
		if ( null === $token ) {
			return self::error( 'escbridge_token_expired', __( 'This conversation has expired.', 'escalation-bridge' ), 401 );
		}
		if ( ! hash_equals( $token['session'], self::session( $request ) ) ) {
			return self::error( 'escbridge_other_session', __( 'This is another conversation’s token.', 'escalation-bridge' ), 403 );
		}
		return true;
	}

	/** The conversation that the path names: by $request['id'] a field of the body would win. */
	private static function session( WP_REST_Request $request ): string {
		return $request->get_url_params()['id'];
	}

	/** The list of own origins knows no ports, so hosts are compared. */
	private static function is_own_origin( string $origin ): bool {
		$host = wp_parse_url( $origin, PHP_URL_HOST );
		if ( ! is_string( $host ) ) {
			return false;
		}
		/**
		 * Filters the origins whose pages may use the chat.
		 *
		 * @param string[] $origins Scheme and host.
		 */
		$own = (array) apply_filters( 'escbridge_allowed_origins', get_allowed_http_origins() );
		$hosts = array_map( static fn( $url ): string => strtolower( (string) wp_parse_url( (string) $url, PHP_URL_HOST ) ), $own );
		return in_array( strtolower( $host ), $hosts, true );
	}

	public static function start( WP_REST_Request $request ) {
		$wait = Limits::hit( 'sessions', Limits::visitor_address() );
		if ( $wait > 0 ) {
			return self::too_many( $wait );
		}
		$session = Bridge::new_session_id();
		$user_id = get_current_user_id();
		$verdict = Plugin::bridge()->start( $session, $user_id, self::page_context( $request ) );
		$token   = self::new_token( $session, $user_id, 'escalated' === $verdict['state'] );
		if ( $verdict['down'] || '' !== $verdict['error'] ) {
			// The id and token serve all the same: the contact form needs them, and the next turn begins the session.
			return self::unavailable( array( 'session_id' => $session ) + $token );
		}
		return new WP_REST_Response( array( 'session_id' => $session ) + $token + self::public_verdict( $verdict ), 201 );
	}

	public static function turn( WP_REST_Request $request ) {
		$session = self::session( $request );
		$turn    = strtolower( (string) $request['client_turn_id'] );
		$key     = 'escbridge_t_' . md5( $session . ' ' . $turn );
		$row     = Limits::alone( static fn() => self::begin_turn( $session, $turn, $key ) );
		if ( ! is_array( $row ) ) {
			return $row ?? self::too_many( 1 );
		}
		try {
			return self::finish_turn( $request, $session, $row );
		} finally {
			set_transient( $key, array( 'busy_until' => 0 ) + $row, 600 );
		}
	}

	/** What is remembered of a turn, which is this request's from now on; or why it is not. */
	private static function begin_turn( string $session, string $turn, string $key ) {
		$row = get_transient( $key ) ?: array();
		if ( time() < ( $row['busy_until'] ?? 0 ) ) {
			return self::error( 'escbridge_turn_in_progress', __( 'This message is being answered.', 'escalation-bridge' ), 409 );
		}
		$wait = Limits::count( $row ? 'events' : 'turns', $session ); // Sent again it is no new message, but a look for its answer.
		if ( $wait > 0 ) {
			return self::too_many( $wait );
		}
		$row = array( 'turn' => $turn, 'busy_until' => time() + self::TURN_SECONDS ) + $row;
		set_transient( $key, $row, 600 );
		return $row;
	}

	/** The turn, while no other request is at it. */
	private static function finish_turn( WP_REST_Request $request, string $session, array &$row ) {
		if ( isset( $row['answer'] ) && ! ( isset( $row['answer']['reply'] ) && Plugin::bridge()->known_lock( $session ) ) ) {
			return new WP_REST_Response( $row['answer'], $row['status'] ); // But no bot's words again after a lock: then the sidecar is asked.
		}
		$answer = self::take_turn( $request, $session, $row );
		if ( $answer instanceof WP_REST_Response && $answer->get_status() < 300 && empty( $answer->get_data()['undelivered'] ) ) {
			// Kept for a browser that lost this answer on its way: it asks again with the same id, and no bot is paid twice.
			$row['answer'] = $answer->get_data();
			$row['status'] = $answer->get_status();
		}
		return $answer;
	}

	/** Gate, bot, verdict. $row is what is remembered of this turn; the bot's reply is put into it. */
	private static function take_turn( WP_REST_Request $request, string $session, array &$row ) {
		$token   = self::token( $request );
		$bridge  = Plugin::bridge();
		$message = (string) $request['message'];
		$verdict = $bridge->visitor_turn( $session, $row['turn'], $message, (int) $token['user_id'] );
		$reply   = self::responder_reply( $verdict );
		if ( 'answer' === $verdict['action'] ) {
			$context    = array( 'session_id' => $session, 'turn_id' => $row['turn'], 'user_id' => (int) $token['user_id'] );
			$row['bot'] = $row['bot'] ?? self::ask_bot( $message, $context );
			$verdict    = $bridge->bot_turn( $session, $row['turn'], $row['bot']['text'], $row['bot'] );
			$text       = $row['bot']['text'];
			$text       = '' === $text ? __( 'I could not find an answer to that. You can ask for a person at any time.', 'escalation-bridge' ) : $text;
			$reply      = 'answer' === $verdict['action'] ? $text : null;
		}
		return self::turn_answer( self::with_account( $verdict, $token ), $reply, $token );
	}

	/**
	 * Who has logged in since the conversation began stays its guest, for a session keeps its identity; but is not asked for an address that WordPress knows.
	 *
	 * @param array<string,mixed> $seen A verdict or an events page.
	 */
	private static function with_account( array $seen, array $token ): array {
		$user = wp_get_current_user();
		if ( $token['user_id'] > 0 || ! is_email( $user->user_email ) || empty( $seen['escalation']['needs_contact'] ) || $seen['down'] ) {
			return $seen;
		}
		$known = Plugin::bridge()->contact( $token['session'], array( 'email' => $user->user_email, 'name' => mb_substr( Context::display_name( $user ), 0, 120, 'UTF-8' ) ), 0 );
		return '' === $known['error'] ? array( 'escalation' => $known['escalation'] ) + $seen : $seen;
	}

	/** The words of the sidecar's own responder, which are shown as the bot's; null where the verdict has none. */
	private static function responder_reply( array $verdict ): ?string {
		return 'say' === $verdict['action'] && 'reply' === $verdict['say_as'] ? (string) $verdict['say'] : null;
	}

	private static function turn_answer( array $verdict, ?string $reply, array $token ) {
		$locked = 'escalated' === $verdict['state'];
		$seen   = self::public_verdict( $verdict ) + self::new_token( $token['session'], $token['user_id'], $locked );
		if ( $verdict['down'] ) {
			// A locked visitor reads the promise that stands; the message is not with the sidecar yet, so the widget repeats it.
			$kept = array( 'kept' => $verdict['kept'] ?? false );
			return $locked ? new WP_REST_Response( array( 'undelivered' => true ) + $kept + $seen, 200 ) : self::unavailable( $kept );
		}
		if ( '' !== $verdict['error'] ) {
			return self::refusal( $verdict );
		}
		if ( 'wait' === $verdict['action'] ) {
			return new WP_REST_Response( $seen, 202 );
		}
		return new WP_REST_Response( $seen + ( null === $reply ? array() : array( 'reply' => $reply ) ), 200 );
	}

	/** The sidecar is well, but does not take this message. */
	private static function refusal( array $verdict ): WP_Error {
		if ( 'turn-contradicted' === $verdict['error'] ) {
			return self::error( 'escbridge_turn_conflict', __( 'This message was sent before with another text.', 'escalation-bridge' ), 409 );
		}
		if ( in_array( $verdict['status'], array( 409, 422 ), true ) ) {
			return self::error( 'rest_invalid_param', CallPage::text( 'message' ), 400 );
		}
		return self::unavailable();
	}

	/**
	 * Asks whichever bot is attached. A bot that throws has failed; that is a signal, not an error page.
	 *
	 * @param array<string,mixed> $context session_id, turn_id, user_id.
	 * @return array<string,mixed> text plus signals.
	 */
	private static function ask_bot( string $message, array $context ): array {
		try {
			/**
			 * Filters the bot's reply: return a text, or an array with text and confidence, intent, intent_matched, failed, signals.
			 *
			 * @param null|string|array $reply   Null: no bot answered yet.
			 * @param string            $message What the visitor wrote.
			 * @param array             $context session_id, turn_id, user_id.
			 */
			$reply = apply_filters( 'escbridge_bot_reply', null, $message, $context );
		} catch ( \Throwable $error ) {
			/**
			 * Fires when the attached bot threw.
			 *
			 * @param \Throwable $error   What it threw.
			 * @param array      $context session_id, turn_id, user_id.
			 */
			do_action( 'escbridge_bot_failed', $error, $context );
			$reply = null;
		}
		$reply = is_string( $reply ) ? array( 'text' => $reply ) : ( is_array( $reply ) ? $reply : array() );
		$text  = isset( $reply['text'] ) && is_scalar( $reply['text'] ) ? trim( (string) $reply['text'] ) : '';
		$own   = array_filter( (array) ( $reply['signals'] ?? array() ), 'is_scalar' ); // This is stored, and a bot's object may not be.
		return array( 'text' => $text, 'signals' => $own ) + ( '' === $text ? array( 'failed' => true ) : array() ) + array_filter( array_intersect_key( $reply, self::BOT_FIELDS ), 'is_scalar' );
	}

	public static function events( WP_REST_Request $request ) {
		$token = self::token( $request );
		$page  = Plugin::bridge()->events( $token['session'], (int) $request['after'] );
		if ( $page['down'] ) {
			return self::unavailable();
		}
		$page  = self::with_account( $page, $token );
		$state = 'unknown' === $page['state'] ? 'open' : (string) $page['state'];
		return new WP_REST_Response(
			array(
				'state'         => $state,
				'events'        => (array) $page['events'],
				'commitment'    => $page['escalation']['commitment'] ?? null,
				'needs_contact' => (bool) ( $page['escalation']['needs_contact'] ?? false ),
				'channel'       => $page['escalation']['channel'] ?? null,
				'poll_after_ms' => (int) $page['poll_after_ms'],
			) + self::new_token( $token['session'], $token['user_id'], 'escalated' === $state ),
			200
		);
	}

	public static function contact( WP_REST_Request $request ) {
		$session = self::session( $request );
		$contact = array_filter(
			array(
				'email' => sanitize_email( (string) $request['email'] ),
				'phone' => self::phone( (string) $request['phone'] ),
				'name'  => sanitize_text_field( (string) $request['name'] ),
			),
			'strlen'
		);
		if ( '' !== (string) $request['callback_slot'] ) {
			return self::book( $session, $contact + array( 'callback_slot' => (string) $request['callback_slot'] ) );
		}
		if ( empty( $contact['email'] ) && empty( $contact['phone'] ) ) {
			return self::error( 'rest_invalid_param', __( 'An e-mail address or a phone number is needed.', 'escalation-bridge' ), 400 );
		}
		$wait = Limits::hit( 'contact', $session );
		if ( $wait > 0 ) {
			return self::too_many( $wait );
		}
		$verdict = Plugin::bridge()->contact( $session, $contact, (int) self::token( $request )['user_id'] );
		if ( $verdict['kept'] ) {
			return new WP_REST_Response( self::sent_notice( 'kept', Bridge::queued_text() ), 200 );
		}
		if ( $verdict['down'] || ( '' === $verdict['error'] && 'escalated' !== $verdict['state'] ) ) {
			$undecided = 'closed' === $verdict['state'] ? Fallback::CLOSED : Fallback::NO_RULE; // The owner's rules may hand over nobody who asks for a person.
			return self::contact_by_mail( $request, $session, $contact, $verdict['down'] ? Fallback::DOWN : $undecided );
		}
		if ( '' !== $verdict['error'] ) {
			return self::error( 'rest_invalid_param', CallPage::text( 'address' ), 400 );
		}
		return new WP_REST_Response( array( 'sent' => true ) + self::public_verdict( $verdict ), 200 );
	}

	/** As it can be dialled and the sidecar takes it, whatever marks people and their programs put into a number. */
	public static function phone( string $typed ): string {
		$plainer = array(
			'/\p{Cf}/u'                       => '', // Invisible: an address book's marks of direction.
			'/[\p{Z}\s]+/u'                   => ' ',
			'/\p{Pd}/u'                       => '-',
			'/^ ?tel: ?/i'                    => '',
			'/^((?:\+|00)[0-9]{1,3}) ?\(0\) ?/' => '$1 ', // This zero is dialled within the country alone.
			'/[()]/'                          => '',
		);
		return trim( sanitize_text_field( (string) preg_replace( array_keys( $plainer ), $plainer, $typed ) ), ' .-' );
	}

	/** The free times for a call. */
	public static function slots( WP_REST_Request $request ) {
		$answer = Plugin::bridge()->slots( self::session( $request ) );
		return $answer['ok'] ? new WP_REST_Response( $answer['data'], 200 ) : self::not_booked( $answer );
	}

	/** Without the sidecar nobody can tell what is free, so this has no way by e-mail. */
	private static function book( string $session, array $contact ) {
		$wait = Limits::hit( 'calls', $session );
		if ( $wait > 0 ) {
			return self::too_many( $wait );
		}
		$verdict = Plugin::bridge()->book( $session, $contact );
		return '' === $verdict['error'] ? new WP_REST_Response( array( 'sent' => true ) + self::public_verdict( $verdict ), 200 ) : self::not_booked( $verdict );
	}

	/** @param array<string,mixed> $answer Of the client, or a verdict. */
	private static function not_booked( array $answer ): WP_Error {
		if ( 'slot-taken' === $answer['error'] ) {
			return self::error( 'escbridge_slot_taken', CallPage::text( 'slot-taken' ), 409 );
		}
		if ( 422 === $answer['status'] ) {
			return self::error( 'escbridge_phone', CallPage::text( 'phone' ), 400 );
		}
		return self::error( 'bridge_unavailable', CallPage::text( 'failed' ), 503 );
	}

	private static function contact_by_mail( WP_REST_Request $request, string $session, array $contact, string $why ) {
		$lines  = (array) $request['transcript'];
		$print  = md5( (string) wp_json_encode( array( $contact, $lines ) ) );
		$key    = 'escbridge_m_' . md5( $session );
		$token  = self::token( $request );
		$thanks = self::sent_notice( 'mail', __( 'Thank you. Your message was sent to our team by e-mail; a person will get back to you.', 'escalation-bridge' ) );
		if ( get_transient( $key ) === $print ) {
			return new WP_REST_Response( $thanks, 200 ); // The same form twice is one mail.
		}
		$wait = Limits::hit( 'mail', 'site' );
		if ( $wait > 0 ) {
			return self::too_many( $wait );
		}
		if ( ! Fallback::mail( $session, (int) $token['user_id'], $contact, $lines, $why ) ) {
			return self::error( 'escbridge_not_sent', __( 'Your message could not be sent. Please try again in a few minutes.', 'escalation-bridge' ), 503 );
		}
		set_transient( $key, $print, 600 );
		return new WP_REST_Response( $thanks, 200 );
	}

	private static function sent_notice( string $way, string $notice ): array {
		return array( 'sent' => true, $way => true, 'notice' => $notice );
	}

	public static function close( WP_REST_Request $request ) {
		$verdict = Plugin::bridge()->close( self::session( $request ) );
		if ( $verdict['down'] ) {
			return self::unavailable();
		}
		$gone = 'session-not-found' === $verdict['error'];
		return new WP_REST_Response( $gone ? array( 'state' => 'closed' ) : self::public_verdict( $verdict ), 200 );
	}

	public static function test(): WP_REST_Response {
		return new WP_REST_Response( ConnectionTest::run( Settings::pairing() ), 200 );
	}

	public static function presence( WP_REST_Request $request ) {
		$report = Presence::set_available( (bool) $request['available'] );
		return $report['ok'] ? new WP_REST_Response( $report, 200 ) : self::error( 'escbridge_presence', $report['text'], 502 );
	}

	/** One step of sending the site's pages; `left` says whether there is another one. */
	public static function pages( WP_REST_Request $request ): WP_REST_Response {
		if ( $request['all'] && Pages::is_on() ) {
			Pages::mark_all_changed();
		}
		$told = Pages::is_on() ? Pages::sync_step( 10.0 ) : array( 'left' => 0 );
		return new WP_REST_Response( $told + array( 'text' => Pages::summary() ), 200 );
	}

	/** Nothing of this namespace may be kept by a cache; and the header that an error cannot carry, see too_many(). */
	public static function add_headers( $response, $server, $request ) {
		if ( 0 === strpos( ltrim( (string) $request->get_route(), '/' ), self::REST_NAMESPACE ) ) {
			$response->header( 'Cache-Control', 'no-store' );
			$wait = $response->get_data()['data']['retry_after'] ?? 0;
			if ( $wait > 0 ) {
				$response->header( 'Retry-After', (string) $wait );
			}
		}
		return $response;
	}

	/** Of a verdict, what the browser may know. */
	private static function public_verdict( array $verdict ): array {
		return array(
			'state'         => (string) $verdict['state'],
			'notice'        => 'say' === $verdict['action'] && null === self::responder_reply( $verdict ) ? $verdict['say'] : null,
			'commitment'    => $verdict['escalation']['commitment'] ?? null,
			'needs_contact' => (bool) ( $verdict['escalation']['needs_contact'] ?? false ),
			'channel'       => $verdict['escalation']['channel'] ?? null,
			'last_event'    => (int) $verdict['last_event'],
			'poll_after_ms' => (int) $verdict['poll_after_ms'],
		);
	}

	private static function page_context( WP_REST_Request $request ): array {
		$url  = explode( '?', explode( '#', (string) $request['page_url'] )[0] )[0]; // A query may hold what is nobody's business.
		$zone = (string) $request['timezone'];
		$own  = wp_parse_url( $url, PHP_URL_HOST ) === wp_parse_url( home_url(), PHP_URL_HOST );
		return array(
			'locale'   => (string) $request['locale'] ?: get_locale(),
			'timezone' => in_array( $zone, timezone_identifiers_list( \DateTimeZone::ALL_WITH_BC ), true ) ? $zone : '',
			'page_url' => $own ? esc_url_raw( $url ) : '',
		);
	}

	/** @return array{session:string,user_id:int,expiry:int}|null The token of an account that was deleted opens nothing. */
	private static function token( WP_REST_Request $request ): ?array {
		$token = Signer::read_visitor_token( self::token_key(), (string) $request->get_header( 'x_escbridge_token' ), time() );
		return null === $token || 0 === $token['user_id'] || get_userdata( $token['user_id'] ) ? $token : null;
	}

	/** The sites of a network share WordPress's salts, but not their visitors. */
	private static function token_key(): string {
		return wp_salt( 'auth' ) . ( is_main_site() ? '' : '|' . get_current_blog_id() );
	}

	/** @return array{token:string,expires_in:int} In seconds from now, for a browser whose clock may be wrong. */
	public static function new_token( string $session, int $user_id, bool $locked ): array {
		$life = $locked ? self::TOKEN_LOCKED : self::TOKEN_LIFE;
		return array( 'token' => Signer::visitor_token( self::token_key(), $session, $user_id, time() + $life ), 'expires_in' => $life );
	}

	private static function unavailable( array $more = array() ): WP_Error {
		return self::error( 'bridge_unavailable', Bridge::contact_text(), 503, $more );
	}

	public static function error( string $code, string $message, int $status, array $more = array() ): WP_Error {
		return new WP_Error( $code, $message, array( 'status' => $status ) + $more );
	}

	public static function too_many( int $seconds ): WP_Error {
		$text = __( 'That was a lot at once. Please wait a moment.', 'escalation-bridge' );
		return self::error( 'escbridge_too_many', $text, 429, array( 'retry_after' => $seconds ) );
	}
}
