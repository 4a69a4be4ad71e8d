<?php
/** MxChat: the gate before the model; a reply is seen where MxChat stores it, since no hook tells of it. */

declare(strict_types=1);

namespace EscalationBridge\Adapter;

use EscalationBridge\Adapters;

defined( 'ABSPATH' ) || exit;

final class MxChat {

	const HISTORY = 'mxchat_history_'; // An option a conversation: a list of role and content.
	const END     = "data: [DONE]\n\n"; // Of a stream: MxChat's window listens no longer.

	public static function boot(): void {
		add_filter( 'mxchat_pre_process_message', array( self::class, 'gate' ), 1, 3 );
		add_filter( 'mxchat_pre_process_message', array( self::class, 'insist' ), Adapters::LAST, 3 );
		add_filter( 'pre_update_option', array( self::class, 'judge' ), 10, 2 );
	}

	public static function name(): string {
		return 'MxChat';
	}

	public static function runs(): bool {
		return defined( 'MXCHAT_VERSION' );
	}

	public static function feeds(): string {
		return __( 'Each message is judged before the model is asked, and each reply before it is shown. MxChat tells no confidence. With its streaming on, visitors see a reply while it is written, before it is judged; switch that off if an unsure reply must not be seen.', 'escalation-bridge' );
	}

	/**
	 * @param string|array<string,mixed> $message The visitor's, with WordPress's slashes; an array is an answer already.
	 * @param mixed                      $user
	 * @param string                     $session
	 * @return string|array<string,mixed>
	 */
	public static function gate( $message, $user, $session ) {
		if ( ! is_string( $message ) ) {
			return $message;
		}
		$say = Adapters::gate( 'mxchat:' . $session, self::plain( wp_unslash( $message ) ) );
		if ( null !== $say ) {
			return array( 'text' => $say );
		}
		if ( self::streams() ) {
			header_register_callback( array( self::class, 'leave_open' ) );
		}
		return $message;
	}

	private static function streams(): bool {
		return doing_action( 'wp_ajax_mxchat_stream_chat' ) || doing_action( 'wp_ajax_nopriv_mxchat_stream_chat' );
	}

	/** Where a stream begins: its mark of the end is taken out, so that the verdict can follow. The window takes the end of the answer for it. */
	public static function leave_open(): void {
		ob_start( static fn( string $part ): string => str_replace( self::END, '', $part ), 1 );
	}

	/**
	 * @param string|array<string,mixed> $message
	 * @param mixed                      $user
	 * @param string                     $session
	 * @return string|array<string,mixed>
	 */
	public static function insist( $message, $user, $session ) {
		$say = Adapters::muted( 'mxchat:' . $session );
		return null === $say ? $message : array( 'text' => $say );
	}

	/**
	 * The bot's reply, as it is stored for the visitor's next page; MxChat sends it afterwards.
	 *
	 * @param mixed  $value
	 * @param string $option
	 * @return mixed
	 */
	public static function judge( $value, $option ) {
		if ( 0 !== strpos( $option, self::HISTORY ) || ! is_array( $value ) ) {
			return $value;
		}
		$session = substr( $option, strlen( self::HISTORY ) );
		$last    = count( $value ) - 1;
		if ( 'bot' !== ( $value[ $last ]['role'] ?? '' ) || ! Adapters::is_asked( 'mxchat:' . $session ) ) {
			return $value;
		}
		$text = self::plain( (string) $value[ $last ]['content'] );
		$say  = Adapters::judge( 'mxchat:' . $session, $text );
		if ( $text === $say ) {
			return $value;
		}
		$value[ $last ]['content'] = $say;
		if ( self::streams() ) {
			echo 'data: ' . wp_json_encode( array( 'text' => $say ) ) . "\n\n"; // In place of what was seen while it was written.
			return $value;
		}
		update_option( $option, $value, false );
		wp_send_json( array( 'text' => $say, 'html' => '', 'session_id' => $session ) );
	}

	private static function plain( string $html ): string {
		return html_entity_decode( wp_strip_all_tags( $html ), ENT_QUOTES, 'UTF-8' );
	}
}
