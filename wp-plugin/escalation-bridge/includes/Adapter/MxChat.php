<?php
/** MxChat: the gate before the model; a reply is seen where MxChat stores it, since no hook of its own tells of it. */

declare(strict_types=1);

namespace EscalationBridge\Adapter;

use EscalationBridge\Adapters;

defined( 'ABSPATH' ) || exit;

final class MxChat {

	const NAME    = 'MxChat';
	const HISTORY = 'mxchat_history_';  // An option a conversation, a list of role and content, written before the table; since 3.2.19 there is the table alone.
	const TABLE   = '/^INSERT INTO \W\w*mxchat_chat_transcripts\W .*?';
	const TEXT    = "[^'\\\\]*+(?:\\\\.[^'\\\\]*+)*+"; // In SQL.
	const END     = "data: [DONE]\n\n"; // Of a stream: MxChat's window listens no longer.

	/** @var string The conversation of this request. */
	private static $session = '';

	/** @var bool Whether a stream has begun, so that the verdict can follow in it. */
	private static $open = false;

	/** @var bool Whether what MxChat answers is replaced by ours. */
	private static $replaced = false;

	/** @var string The reply as JSON, where the provider refused a stream that had begun. */
	private static $held = '';

	public static function boot(): void {
		add_filter( 'mxchat_pre_process_message', array( self::class, 'gate' ), 1, 3 );
		add_filter( 'mxchat_pre_process_message', array( self::class, 'keep_muted' ), Adapters::LAST_PRIORITY, 3 );
	}

	public static function is_active(): bool {
		return defined( 'MXCHAT_VERSION' );
	}

	public static function has_window(): bool {
		return 'on' === ( ( (array) get_option( 'mxchat_options' ) )['append_to_body'] ?? '' );
	}

	public static function description(): string {
		return __( 'Each message is judged before the model is asked, and each reply before it is shown. MxChat tells no confidence. With its streaming on, visitors see a reply while it is written, before it is judged; switch that off if an unsure reply must not be seen.', 'escalation-bridge' );
	}

	/** $message is the visitor's, with WordPress's slashes; an array is an answer already. */
	public static function gate( $message, $user, $session ) {
		if ( ! is_string( $message ) ) {
			return $message;
		}
		self::$session = $session;
		add_filter( 'query', array( self::class, 'filter_query' ) );
		$text = self::plain_text( wp_unslash( $message ) );
		$say  = Adapters::before_bot( 'mxchat:' . $session, $text );
		if ( null !== $say ) {
			self::append_history( $session, 'user', $text );
			return array( 'text' => self::window_html( $say ) );
		}
		if ( doing_action( 'wp_ajax_mxchat_stream_chat' ) || doing_action( 'wp_ajax_nopriv_mxchat_stream_chat' ) ) {
			header_register_callback( array( self::class, 'keep_stream_open' ) );
		}
		return $message;
	}

	/** When the headers go out. One of MxChat's own actions answers in JSON, also where a stream was asked for. */
	public static function keep_stream_open(): void {
		if ( false === strpos( implode( "\n", headers_list() ), 'text/event-stream' ) ) {
			return;
		}
		self::$open = true;
		ob_start( array( self::class, 'filter_stream' ), 1 );
		add_action( 'shutdown', array( self::class, 'finish_stream' ), 0 );
	}

	/** The stream, without its mark of the end: the verdict can follow, and the window takes the end of the answer for it. What is no `data:` waits. */
	public static function filter_stream( string $part ): string {
		if ( '{' === substr( $part, 0, 1 ) ) {
			self::$held .= $part;
			return '';
		}
		return str_replace( self::END, '', $part );
	}

	/** A stream that was refused: MxChat has asked for the reply once more, to send it whole, and stores it nowhere. */
	public static function finish_stream(): void {
		$reply = json_decode( self::$held, true )['text'] ?? null;
		$text  = is_string( $reply ) ? self::plain_text( $reply ) : '';
		if ( '' === $text || self::$replaced ) {
			return; // The window asks again, as it does where it is told of nothing but a fault.
		}
		$say = Adapters::after_bot( 'mxchat:' . self::$session, $text );
		if ( $text === $say ) {
			self::send_event( $reply );
			return;
		}
		self::append_history( self::$session, 'bot', $say );
		self::send_event( self::window_html( $say ) );
	}

	/** In place of what was streamed. */
	private static function send_event( string $html ): void {
		echo 'data: ' . wp_json_encode( array( 'text' => $html ) ) . "\n\n";
	}

	/** What MxChat does not store, for the visitor's next page. */
	private static function append_history( string $session, string $role, string $text ): void {
		if ( version_compare( MXCHAT_VERSION, '3.2.19', '>=' ) ) {
			return; // It reads no option any more, nor forgets one.
		}
		$said   = (array) get_option( self::HISTORY . $session, array() );
		$said[] = array( 'id' => uniqid(), 'role' => $role, 'content' => self::history_html( $text ), 'timestamp' => round( microtime( true ) * 1000 ), 'agent_name' => '' );
		update_option( self::HISTORY . $session, $said, false );
	}

	public static function keep_muted( $message, $user, $session ) {
		$say = Adapters::muted_text( 'mxchat:' . $session );
		return null === $say ? $message : array( 'text' => self::window_html( $say ) );
	}

	/** The statement that stores the bot's reply, with what the visitor reads in its place; MxChat sends the reply afterwards. */
	public static function filter_query( $sql ) {
		$row = self::TABLE . "'" . preg_quote( self::escape_sql( self::$session ), '/' ) . "', 'bot', '\\K" . self::TEXT . '/s';
		if ( ! preg_match( $row, (string) $sql, $found, PREG_OFFSET_CAPTURE ) ) {
			return $sql;
		}
		if ( self::$replaced ) { // What else belongs to the reply.
			self::replace_last_in_history( null );
			return '';
		}
		list( $stored, $at ) = $found[0];
		$muted               = Adapters::muted_text( 'mxchat:' . self::$session );
		$text                = self::plain_text( stripcslashes( $stored ) );
		$say                 = $muted ?? Adapters::after_bot( 'mxchat:' . self::$session, $text );
		if ( null === $muted && $text === $say ) {
			return $sql;
		}
		if ( null === $muted ) {
			self::replace_response( self::window_html( $say ) );
		}
		self::replace_last_in_history( self::history_html( $say ) );
		return substr_replace( $sql, self::escape_sql( self::history_html( $say ) ), $at, strlen( $stored ) );
	}

	/** What stands last in the history: this, or nothing. */
	private static function replace_last_in_history( ?string $content ): void {
		$said = get_option( self::HISTORY . self::$session );
		if ( is_array( $said ) ) {
			$last = array_pop( $said );
			$said = array_merge( $said, null === $content ? array() : array( compact( 'content' ) + $last ) );
			update_option( self::HISTORY . self::$session, $said, false );
		}
	}

	/** Text in SQL. WordPress marks each per cent sign, and has taken its marks off already. */
	private static function escape_sql( string $text ): string {
		return implode( '%', esc_sql( explode( '%', $text ) ) );
	}

	/** What MxChat is about to answer, which it stores before. */
	private static function replace_response( string $html ): void {
		self::$replaced = true;
		if ( self::$open ) {
			self::send_event( $html );
			return;
		}
		$answer = (string) wp_json_encode( array( 'text' => $html, 'html' => '', 'session_id' => self::$session ) );
		ob_start( static fn(): string => $answer );
	}

	private static function plain_text( string $html ): string {
		return html_entity_decode( wp_strip_all_tags( $html ), ENT_QUOTES, 'UTF-8' );
	}

	/** For the window, which writes what it gets as HTML, and links into attributes. Not esc_html(): what looks escaped is text, too. */
	private static function window_html( string $text ): string {
		return htmlspecialchars( $text, ENT_COMPAT, 'UTF-8' );
	}

	/** For the history: the window decodes that once before it writes it. */
	private static function history_html( string $text ): string {
		return self::window_html( self::window_html( $text ) );
	}
}
