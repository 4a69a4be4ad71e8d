<?php
/**
 * The life of a conversation as the site sees it: start, turn, reply, events, contact, close.
 *
 * Every method answers with a verdict: session_id, state, action, say, say_as, escalation, last_event, poll_after_ms, plus `down` and `error`.
 * It fails closed: without a trustworthy answer the action is `say`, so no bot speaks.
 */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Bridge {

	const MAX_MESSAGE = 4000;
	const MAX_REPLY   = 8000;

	private Client $client;

	public function __construct( Client $client ) {
		$this->client = $client;
	}

	/** 144 random bits. */
	public static function new_session_id(): string {
		return 'ses_' . Signer::base64url( random_bytes( 18 ) );
	}

	/** @param array<string,mixed> $page See Context::session(). */
	public function start( string $session, int $user_id, array $page = array() ): array {
		$verdict = $this->verdict( $session, $this->client->chat( 'POST', '/v1/sessions', Context::session( $session, $user_id, $page ) ) );
		if ( $verdict['down'] ) {
			set_transient( self::page_key( $session ), $page, DAY_IN_SECONDS );
		}
		return $verdict;
	}

	/** The gate: the visitor's message goes first, so that a lock or a request for a person is known before a bot is asked. `kept`: WordPress keeps it. */
	public function visitor_turn( string $session, string $turn, string $text, int $user_id ): array {
		$text = mb_substr( self::clean_text( $text ), 0, self::MAX_MESSAGE, 'UTF-8' );
		return $this->send_or_queue( array( 'kind' => 'turn', 'id' => $turn, 'session' => $session, 'user' => $user_id, 'text' => $text ) );
	}

	/**
	 * How the visitor can be reached. Whoever says so while no person is awaited asks for one.
	 *
	 * @param array<string,string> $contact email, phone, name.
	 * @return array<string,mixed> With `kept`, as visitor_turn().
	 */
	public function contact( string $session, array $contact, int $user_id ): array {
		$id   = 'contact-' . md5( $session . (string) wp_json_encode( $contact ) );
		$text = __( 'Talk to a person', 'escalation-bridge' );
		return $this->send_or_queue( compact( 'id', 'session', 'text', 'contact' ) + array( 'kind' => 'contact', 'user' => $user_id ) );
	}

	private function send_or_queue( array $row ): array {
		$behind  = ! Outbox::deliver_earlier( $row['session'] );
		$verdict = $behind ? $this->failed_verdict( $row['session'], Client::failure( 'behind', '' ) ) : $this->send( $row );
		$page    = $verdict['down'] ? (array) get_transient( self::page_key( $row['session'] ) ) : array();
		return $verdict + array( 'kept' => $verdict['down'] && Outbox::add( $row + array( 'page' => array_filter( $page ) ) ) );
	}

	/** Hands a message or a contact to the sidecar, now or later: a second time is the same as once. */
	public function send( array $row ): array {
		if ( 'contact' === $row['kind'] ) {
			$verdict = $this->post_to_session( $row, 'contact', $row['contact'] );
			if ( 'open' !== $verdict['state'] || '' !== $verdict['error'] ) {
				return $verdict;
			}
		}
		$body = array( 'turn_id' => $row['id'], 'text' => $row['text'] );
		if ( isset( $row['at'] ) ) {
			$body['sent_at'] = gmdate( 'Y-m-d\TH:i:s', intdiv( $row['at'], 1000 ) ) . sprintf( '.%03dZ', $row['at'] % 1000 );
		}
		/**
		 * Filters what is sent for a turn.
		 *
		 * @param array  $body    turn_id and text, or the reply's fields.
		 * @param string $session Session id.
		 * @param string $role    visitor or bot.
		 */
		return $this->post_to_session( $row, 'turns', (array) apply_filters( 'escbridge_turn_payload', $body, $row['session'], 'visitor' ) );
	}

	/** For whoever wrote the row. */
	public function ask_for_person( array $row ): array {
		return $this->send( array( 'kind' => 'turn', 'id' => 'person-' . md5( $row['id'] ), 'text' => __( 'Talk to a person', 'escalation-bridge' ) ) + $row );
	}

	/** A conversation that began while the sidecar was away is begun now. */
	private function post_to_session( array $row, string $rest, array $body ): array {
		$answer = $this->client->chat( 'POST', self::route( $row['session'], $rest ), $body );
		if ( 'session-not-found' === $answer['error'] ) {
			$page    = $row['page'] ?? array_filter( (array) get_transient( self::page_key( $row['session'] ) ) );
			$started = $this->start( $row['session'], $row['user'], $page );
			if ( '' !== $started['error'] ) {
				return $started;
			}
			$answer = $this->client->chat( 'POST', self::route( $row['session'], $rest ), $body );
		}
		return $this->verdict( $row['session'], $answer );
	}

	/**
	 * What the bot would say. Only when the verdict's action is `answer` may it be shown.
	 *
	 * @param array<string,mixed> $signals confidence 0..1, intent, intent_matched, failed, signals.
	 */
	public function bot_turn( string $session, string $turn, string $text, array $signals = array() ): array {
		$body = array( 'text' => mb_substr( self::clean_text( $text ), 0, self::MAX_REPLY, 'UTF-8' ) ) + self::signals( $signals );
		/** This filter is documented in Bridge::send(). */
		$body = (array) apply_filters( 'escbridge_turn_payload', $body, $session, 'bot' );
		return $this->verdict( $session, $this->client->chat( 'PUT', self::route( $session, 'turns/' . rawurlencode( $turn ) . '/reply' ), $body ) );
	}

	/** @return array<string,mixed> The sidecar's events answer with `down` and `error`. */
	public function events( string $session, int $after ): array {
		$answer = $this->client->chat( 'GET', self::route( $session, 'events?after=' . $after ) );
		$page   = array( 'state' => 'unknown', 'events' => array(), 'escalation' => null, 'poll_after_ms' => 10000 );
		$page   = array_merge( $page, $answer['ok'] ? $answer['data'] : array() );
		if ( $answer['ok'] ) {
			$this->remember_lock( $session, $page );
		}
		return array_merge( $page, self::outcome( $answer ) );
	}

	/** @param array<string,string> $contact callback_slot; email, phone, name. */
	public function book( string $session, array $contact ): array {
		return $this->verdict( $session, $this->client->chat( 'POST', self::route( $session, 'contact' ), $contact ) );
	}

	/** @return array<string,mixed> The client's answer: the free times for a call. */
	public function slots( string $session ): array {
		return $this->client->chat( 'GET', self::route( $session, 'slots' ) );
	}

	/**
	 * A call as the holder of its signed link sees it; with a body, what he or she wants of it.
	 *
	 * @param array<string,mixed>|null $body action, slot, phone, sequence.
	 * @return array<string,mixed> The client's answer.
	 */
	public function call( string $token, ?array $body = null ): array {
		return $this->client->chat( null === $body ? 'GET' : 'POST', '/v1/calls/' . rawurlencode( $token ), $body );
	}

	public function close( string $session ): array {
		Outbox::deliver_earlier( $session );
		return $this->verdict( $session, $this->client->chat( 'POST', self::route( $session, 'close' ), array() ) );
	}

	/**
	 * What was learnt of a lock, or null. Kept here too, so that the waiting message survives an outage of the sidecar.
	 *
	 * @return array{text:string,escalation:array<string,mixed>|null}|null
	 */
	public function known_lock( string $session ): ?array {
		$lock = get_transient( self::lock_key( $session ) );
		return is_array( $lock ) ? $lock : null;
	}

	/** True unless the session is known to be unlocked: what cannot be asked counts as locked. */
	public function is_locked( string $session ): bool {
		if ( null !== $this->known_lock( $session ) ) {
			return true;
		}
		$page = $this->events( $session, 0 );
		return 'session-not-found' !== $page['error'] && ( $page['down'] || 'open' !== $page['state'] );
	}

	public static function contact_text(): string {
		return __( 'We cannot reach our chat right now. Leave your e-mail address and a person will get back to you.', 'escalation-bridge' );
	}

	public static function queued_text(): string {
		return __( 'Thank you. Your message is kept and reaches our team as soon as possible; a person will get back to you.', 'escalation-bridge' );
	}

	private function verdict( string $session, array $answer ): array {
		if ( ! $answer['ok'] || ! isset( $answer['data']['state'], $answer['data']['action'] ) ) {
			return $this->failed_verdict( $session, $answer );
		}
		$verdict = array_merge(
			array( 'say' => null, 'say_as' => null, 'escalation' => null, 'last_event' => 0, 'poll_after_ms' => 5000 ),
			$answer['data'],
			array( 'session_id' => $session )
		);
		if ( 'open' !== $verdict['state'] && 'answer' === $verdict['action'] ) {
			$verdict['action'] = 'say'; // Whatever else was said: no bot after a lock.
		}
		$this->remember_lock( $session, $verdict );
		return $this->with_waiting_message( $session, $verdict ) + self::outcome( $answer );
	}

	/** @param array<string,mixed> $answer Of the client, or a failure of ours. */
	public function failed_verdict( string $session, array $answer ): array {
		$lock    = $this->known_lock( $session );
		$verdict = array(
			'session_id'    => $session,
			'state'         => null === $lock ? 'unknown' : 'escalated',
			'action'        => 'say',
			'say'           => null === $lock ? self::contact_text() : $lock['text'],
			'say_as'        => 'notice',
			'escalation'    => null === $lock ? null : $lock['escalation'],
			'last_event'    => 0,
			'poll_after_ms' => 15000,
		);
		return $this->with_waiting_message( $session, $verdict ) + self::outcome( $answer );
	}

	private function with_waiting_message( string $session, array $verdict ): array {
		if ( 'escalated' === $verdict['state'] ) {
			/**
			 * Filters the message a visitor reads while a person is awaited. Keep the promise in it: its time is what the team works by.
			 *
			 * @param string $text    As the sidecar worded it.
			 * @param string $session Session id.
			 * @param array  $verdict The whole verdict.
			 */
			$verdict['say'] = (string) apply_filters( 'escbridge_waiting_message', self::waiting_text( $verdict ), $session, $verdict );
		}
		return $verdict;
	}

	/** What is said while a person is awaited; where nothing is known of the promise, without one. */
	public static function waiting_text( array $verdict ): string {
		foreach ( array( $verdict['say'] ?? '', $verdict['escalation']['commitment']['text'] ?? '' ) as $text ) {
			if ( is_string( $text ) && '' !== $text ) {
				return $text;
			}
		}
		return __( 'A person from our team is taking over and will answer you.', 'escalation-bridge' );
	}

	/**
	 * Remembers a lock, forgets it when a person has released the session.
	 *
	 * @param array<string,mixed> $seen A verdict or an events page.
	 */
	private function remember_lock( string $session, array $seen ): void {
		$lock = $this->known_lock( $session );
		if ( 'escalated' !== $seen['state'] ) {
			if ( null !== $lock ) {
				delete_transient( self::lock_key( $session ) );
			}
			return;
		}
		$new = array(
			'text'       => isset( $seen['action'] ) ? self::waiting_text( $seen ) : (string) ( $seen['escalation']['commitment']['text'] ?? $lock['text'] ?? self::waiting_text( $seen ) ),
			'escalation' => $seen['escalation'] ?? ( $lock['escalation'] ?? null ),
		);
		if ( $new !== $lock ) {
			set_transient( self::lock_key( $session ), $new, WEEK_IN_SECONDS );
		}
		if ( null === $lock ) {
			/**
			 * Fires when this site learns that a conversation was handed to a person.
			 *
			 * @param string $session Session id.
			 * @param array  $seen    The verdict, or the events page that told it.
			 */
			do_action( 'escbridge_escalated', $session, $seen );
		}
	}

	private static function outcome( array $answer ): array {
		$slug = (string) $answer['error'];
		return array(
			// An answer that we cannot act on is as good as none, but for those of the sidecar itself that have a meaning for the visitor.
			'down'        => $answer['down'] || 'replayed-nonce' === $slug || ( ! $answer['ok'] && 'session-not-found' !== $slug && ! in_array( $answer['status'], array( 409, 422 ), true ) ),
			'error'       => $slug,
			'status'      => (int) $answer['status'],
			'retry_after' => (int) $answer['retry_after'],
		);
	}

	/** What the sidecar takes of a bot's signals; what the bot does not know is left out. */
	private static function signals( array $given ): array {
		$confidence = $given['confidence'] ?? null;
		$intent     = $given['intent'] ?? null;
		$signals    = array(
			'confidence'     => is_numeric( $confidence ) ? max( 0.0, min( 1.0, (float) $confidence ) ) : null,
			'intent'         => is_string( $intent ) ? mb_substr( sanitize_text_field( $intent ), 0, 80, 'UTF-8' ) : '',
			'intent_matched' => isset( $given['intent_matched'] ) ? (bool) $given['intent_matched'] : null,
			'failed'         => isset( $given['failed'] ) ? (bool) $given['failed'] : null,
			'signals'        => self::custom_signals( (array) ( $given['signals'] ?? array() ) ),
		);
		return array_filter( $signals, static fn( $value ): bool => ! in_array( $value, array( null, '', array() ), true ) );
	}

	/** What the sidecar takes of a host's own signals: up to 20, named like words, with plain values. */
	private static function custom_signals( array $given ): array {
		$own = array();
		foreach ( $given as $name => $value ) {
			$number = ! is_float( $value ) || is_finite( $value );
			if ( is_scalar( $value ) && $number && preg_match( '/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/D', (string) $name ) ) {
				$own[ $name ] = is_string( $value ) ? mb_substr( self::clean_text( $value ), 0, 200, 'UTF-8' ) : $value;
			}
		}
		return array_slice( $own, 0, 20, true );
	}

	/** Without what cannot be stored: NUL and bytes that are no UTF-8. */
	public static function clean_text( string $text ): string {
		return str_replace( "\0", '', wp_check_invalid_utf8( $text, true ) );
	}

	private static function route( string $session, string $rest ): string {
		return '/v1/sessions/' . rawurlencode( $session ) . '/' . $rest;
	}

	private static function page_key( string $session ): string {
		return 'escbridge_p_' . md5( $session );
	}

	private static function lock_key( string $session ): string {
		return 'escbridge_lock_' . md5( $session );
	}
}
