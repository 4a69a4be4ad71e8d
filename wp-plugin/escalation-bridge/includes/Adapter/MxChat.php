<?php
/** MxChat: the gate before the model; a reply is seen where MxChat stores it, since no hook tells of it. */

declare(strict_types=1);

namespace EscalationBridge\Adapter;

use EscalationBridge\Adapters;

defined( 'ABSPATH' ) || exit;

final class MxChat {

	const NAME    = 'MxChat';
	const HISTORY = 'mxchat_history_'; // An option a conversation: a list of role and content.
	const END     = "data: [DONE]\n\n"; // Of a stream: MxChat's window listens no longer.

	/** @var string The conversation whose reply may be streamed in this request. */
	private static $session = '';

	/** @var bool Whether a stream has begun, so that the verdict can follow in it. */
	private static $open = false;

	/** @var string The reply as JSON, where the provider refused a stream that had begun. */
	private static $held = '';

	public static function boot(): void {
		add_filter( 'mxchat_pre_process_message', array( self::class, 'gate' ), 1, 3 );
		add_filter( 'mxchat_pre_process_message', array( self::class, 'insist' ), Adapters::LAST, 3 );
		add_filter( 'pre_update_option', array( self::class, 'judge' ), 10, 2 );
	}

	public static function runs(): bool {
		return defined( 'MXCHAT_VERSION' );
	}

	public static function has_window(): bool {
		return 'on' === ( ( (array) get_option( 'mxchat_options' ) )['append_to_body'] ?? '' );
	}

	public static function feeds(): string {
		return __( 'Each message is judged before the model is asked, and each reply before it is shown. MxChat tells no confidence. With its streaming on, visitors see a reply while it is written, before it is judged; switch that off if an unsure reply must not be seen.', 'escalation-bridge' );
	}

	/** $message is the visitor's, with WordPress's slashes; an array is an answer already. */
	public static function gate( $message, $user, $session ) {
		if ( ! is_string( $message ) ) {
			return $message;
		}
		$text = self::plain( wp_unslash( $message ) );
		$say  = Adapters::gate( 'mxchat:' . $session, $text );
		if ( null !== $say ) {
			self::keep( $session, 'user', $text );
			return array( 'text' => self::html( $say ) );
		}
		if ( self::streams() ) {
			self::$session = $session;
			header_register_callback( array( self::class, 'leave_open' ) );
		}
		return $message;
	}

	private static function streams(): bool {
		return doing_action( 'wp_ajax_mxchat_stream_chat' ) || doing_action( 'wp_ajax_nopriv_mxchat_stream_chat' );
	}

	/** When the headers go out. One of MxChat's own actions answers in JSON, also where a stream was asked for. */
	public static function leave_open(): void {
		if ( false === strpos( implode( "\n", headers_list() ), 'text/event-stream' ) ) {
			return;
		}
		self::$open = true;
		ob_start( array( self::class, 'pass' ), 1 );
		add_action( 'shutdown', array( self::class, 'finish' ), 0 );
	}

	/** The stream, without its mark of the end: the verdict can follow, and the window takes the end of the answer for it. What is no `data:` waits. */
	public static function pass( string $part ): string {
		if ( '{' === substr( $part, 0, 1 ) ) {
			self::$held .= $part;
			return '';
		}
		return str_replace( self::END, '', $part );
	}

	/** A stream that was refused: MxChat has asked for the reply once more, to send it whole, and stores it nowhere. */
	public static function finish(): void {
		$reply = json_decode( self::$held, true )['text'] ?? null;
		$text  = is_string( $reply ) ? self::plain( $reply ) : '';
		if ( '' === $text ) {
			return; // The window asks again, as it does where it is told of nothing but a fault.
		}
		$say = Adapters::judge( 'mxchat:' . self::$session, $text );
		if ( $text === $say ) {
			self::tell( $reply );
			return;
		}
		self::keep( self::$session, 'bot', $say );
		self::tell( self::html( $say ) );
	}

	/** In place of what was streamed. */
	private static function tell( string $html ): void {
		echo 'data: ' . wp_json_encode( array( 'text' => $html ) ) . "\n\n";
	}

	/** What MxChat does not store, for the visitor's next page. */
	private static function keep( string $session, string $role, string $text ): void {
		$said   = (array) get_option( self::HISTORY . $session, array() );
		$said[] = array( 'id' => uniqid(), 'role' => $role, 'content' => self::stored( $text ), 'timestamp' => round( microtime( true ) * 1000 ), 'agent_name' => '' );
		update_option( self::HISTORY . $session, $said, false );
	}

	public static function insist( $message, $user, $session ) {
		$say = Adapters::muted( 'mxchat:' . $session );
		return null === $say ? $message : array( 'text' => self::html( $say ) );
	}

	/** The bot's reply, as it is stored for the visitor's next page; MxChat sends it afterwards. */
	public static function judge( $value, $option ) {
		if ( 0 !== strpos( $option, self::HISTORY ) || ! is_array( $value ) ) {
			return $value;
		}
		$session = substr( $option, strlen( self::HISTORY ) );
		$last    = count( $value ) - 1;
		if ( 'bot' !== ( $value[ $last ]['role'] ?? '' ) ) {
			return $value;
		}
		$muted = Adapters::muted( 'mxchat:' . $session );
		if ( null !== $muted ) {
			$value[ $last ]['content'] = self::stored( $muted ); // Not from what stands there: it may be stored again.
			return $value;
		}
		if ( ! Adapters::is_asked( 'mxchat:' . $session ) ) {
			return $value;
		}
		$text = self::plain( (string) $value[ $last ]['content'] );
		$say  = Adapters::judge( 'mxchat:' . $session, $text );
		if ( $text === $say ) {
			return $value;
		}
		$value[ $last ]['content'] = self::stored( $say );
		if ( self::$open ) {
			self::tell( self::html( $say ) );
			return $value;
		}
		update_option( $option, $value, false );
		wp_send_json( array( 'text' => self::html( $say ), 'html' => '', 'session_id' => $session ) );
	}

	private static function plain( string $html ): string {
		return html_entity_decode( wp_strip_all_tags( $html ), ENT_QUOTES, 'UTF-8' );
	}

	/** For the window, which writes what it gets as HTML, and links into attributes. Not esc_html(): what looks escaped is text, too. */
	private static function html( string $text ): string {
		return htmlspecialchars( $text, ENT_COMPAT, 'UTF-8' );
	}

	/** For the history: the window decodes that once before it writes it. */
	private static function stored( string $text ): string {
		return self::html( self::html( $text ) );
	}
}
