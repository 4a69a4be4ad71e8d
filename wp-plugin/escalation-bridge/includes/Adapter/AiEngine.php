<?php
/**
 * AI Engine (Meow Apps): the gate before the model, the verdict on its reply.
 *
 * Its hooks in the order of a turn: mwai_chatbot_takeover, whose text is said without asking a model; mwai_ai_allowed, which
 * modes for pictures pass too; mwai_chatbot_reply, also after a takeover.
 */

declare(strict_types=1);

namespace EscalationBridge\Adapter;

use EscalationBridge\Adapters;
use EscalationBridge\Bridge;

defined( 'ABSPATH' ) || exit;

final class AiEngine {

	const NAME = 'AI Engine';

	public static function boot(): void {
		add_filter( 'mwai_chatbot_takeover', array( self::class, 'gate' ), 1, 3 );
		add_filter( 'mwai_chatbot_takeover', array( self::class, 'keep_muted' ), Adapters::LAST_PRIORITY, 3 );
		add_filter( 'mwai_ai_allowed', array( self::class, 'filter_allowed' ), Adapters::LAST_PRIORITY, 2 );
		add_filter( 'mwai_chatbot_reply', array( self::class, 'filter_reply' ), Adapters::LAST_PRIORITY, 3 );
	}

	public static function is_active(): bool {
		return defined( 'MWAI_VERSION' );
	}

	/** Its bot for the whole site. */
	public static function has_window(): bool {
		return ! in_array( ( (array) get_option( 'mwai_options' ) )['botId'] ?? '', array( '', 'none' ), true );
	}

	public static function description(): string {
		return __( 'Each message is judged before the model is asked, and each reply before it is shown. AI Engine tells no confidence. With its streaming on, visitors see a reply while it is written, before it is judged; switch that off if an unsure reply must not be seen. Realtime voice is not watched.', 'escalation-bridge' );
	}

	/** $answer is null, or what another plugin says; the message of $query is the visitor's. */
	public static function gate( $answer, $query, $params ) {
		self::keep_cookie();
		$elsewhere = self::locked_elsewhere_text( $params ); // First: it notes whose chat this is.
		// The message is handed over where the chat is locked elsewhere, too: what is typed there must not be lost.
		return self::escape_markdown( Adapters::before_bot( self::session_key( $params ), (string) $query->get_message() ) ) ?? $elsewhere ?? $answer;
	}

	public static function keep_muted( $answer, $query, $params ) {
		return self::escape_markdown( Adapters::muted_text( self::session_key( $params ) ) ) ?? self::locked_elsewhere_text( $params ) ?? $answer;
	}

	/** The second fence, for what comes to a model without the gate. AI Engine's other work (texts, forms) is none of ours. */
	public static function filter_allowed( $allowed, $query ) {
		if ( true !== $allowed || 'chatbot' !== ( $query->scope ?? '' ) ) {
			return $allowed;
		}
		$params    = array( 'chatId' => $query->chatId ?? '' );
		$session   = self::session_key( $params );
		$elsewhere = self::locked_elsewhere_text( $params );
		if ( null === $elsewhere && ( Adapters::is_bot_asked( $session ) || ! escbridge_is_locked( $session ) ) ) {
			return true;
		}
		return $elsewhere ?? Adapters::muted_text( $session ) ?? Bridge::waiting_text( array() );
	}

	/** $text is the reply, after a takeover its text; the type of $reply differs between versions. */
	public static function filter_reply( $text, $reply, $params ): string {
		$session   = self::session_key( $params );
		$elsewhere = null === Adapters::muted_text( $session ) ? self::locked_elsewhere_text( $params ) : null;
		$say       = $elsewhere ?? Adapters::after_bot( $session, (string) $text );
		return $say === $text ? $say : (string) self::escape_markdown( $say );
	}

	/** AI Engine's window takes a reply for Markdown with HTML in it: what people and we say is marked as plain text, but for addresses. */
	private static function escape_markdown( ?string $text ): ?string {
		if ( null === $text ) {
			return null;
		}
		$parts = (array) preg_split( '~(https?://[^\s<>()]+)~', $text, -1, PREG_SPLIT_DELIM_CAPTURE );
		foreach ( $parts as $n => $part ) {
			$parts[ $n ] = 0 === $n % 2 ? preg_replace( '/[\\\\\x60*_~\[\]<>|#]|&(?=#?\w+;)|^ *\K[-=](?=[-= ]*$)/m', '\\\\$0', $part ) : $part;
		}
		return implode( '', $parts );
	}

	/** A new guest's window asks for two cookies at once: the one that its message came with is to stay, else the conversation falls in two. */
	private static function keep_cookie(): void {
		global $mwai_core;
		$cookie = (string) ( $_COOKIE['mwai_session_id'] ?? '' ); // phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- sent back as it came.
		if ( 0 === strpos( $cookie, (string) $mwai_core->get_session_id() ) && ! headers_sent() ) { // Not one that it has refused.
			setcookie( 'mwai_session_id', $cookie, array( 'path' => '/', 'secure' => is_ssl(), 'httponly' => true ) );
		}
	}

	/** The guest that AI Engine knows by its cookie, and the chat; not the query's session, which a visitor can name in the request. */
	private static function session_key( array $params ): string {
		global $mwai_core;
		$guest = (string) $mwai_core->get_session_id(); // Not the cookie itself: it is signed, and refused where it is not.
		if ( ! isset( $_COOKIE['mwai_session_id'] ) ) {
			$_COOKIE['mwai_session_id'] = $guest; // Else older versions make another one at each call.
		}
		return 'ai-engine:' . sanitize_text_field( $guest ) . ':' . ( $params['chatId'] ?? '' );
	}

	/**
	 * What is said where this chat is locked under another cookie: a new guest's window asks for two at once, and either may stay.
	 * The chat's id comes from the browser, so nothing of that conversation is told.
	 */
	private static function locked_elsewhere_text( array $params ): ?string {
		$chat = (string) ( $params['chatId'] ?? '' );
		if ( '' === $chat ) {
			return null;
		}
		$session = self::session_key( $params );
		$key     = 'escbridge_chat_' . md5( $chat );
		$first   = get_transient( $key );
		if ( ! is_string( $first ) ) {
			set_transient( $key, $session, DAY_IN_SECONDS );
			return null;
		}
		return $first !== $session && escbridge_is_locked( $first ) ? Bridge::waiting_text( array() ) : null;
	}
}
