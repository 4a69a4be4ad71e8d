<?php
/** For any chat plugin: the visitor's message in, the bot's answer in, a verdict out. See docs: "A bot of your own". */

declare(strict_types=1);

use EscalationBridge\Bridge;
use EscalationBridge\Client;
use EscalationBridge\Plugin;

defined( 'ABSPATH' ) || exit;

/**
 * Starts a conversation, or finds it again when `session_id` is one that exists.
 *
 * @param array<string,mixed> $args session_id, user_id (default: who is logged in), locale, timezone, page_url, flow; email, name (claimed, unverified).
 * @return array<string,mixed> The verdict; `session_id` in it is what the other functions want. `down` is true when the sidecar did not answer.
 */
function escbridge_start_session( array $args = array() ): array {
	$session = isset( $args['session_id'] ) ? escbridge_session_id( (string) $args['session_id'] ) : Bridge::new_session_id();
	return Plugin::bridge()->start( $session, (int) ( $args['user_id'] ?? get_current_user_id() ), $args );
}

/**
 * One half of a turn. Call it with role `visitor` before the bot is asked, and with role `bot` before its text is shown.
 *
 * Show the bot's text only when `action` is `answer`; when it is `say`, show `say` instead; when it is `wait`, show nothing yet.
 *
 * @param string              $session Any id of your own, or one from escbridge_start_session().
 * @param string              $role    visitor or bot.
 * @param string              $text    The message.
 * @param array<string,mixed> $signals confidence (0..1), intent, intent_matched, failed, signals (a map of your own); turn_id, if you keep one.
 * @return array<string,mixed> The verdict with `turn_id` and `down`. With another role nothing is recorded and nobody may speak.
 */
function escbridge_turn( string $session, string $role, string $text, array $signals = array() ): array {
	static $last = array();
	$session = escbridge_session_id( $session );
	$turn    = (string) ( $signals['turn_id'] ?? ( 'visitor' === $role ? wp_generate_uuid4() : $last[ $session ] ?? '' ) );
	if ( 'visitor' === $role ) {
		$last[ $session ] = $turn;
		$verdict          = Plugin::bridge()->visitor_turn( $session, $turn, $text, get_current_user_id() );
	} elseif ( 'bot' === $role && '' !== $turn ) {
		$verdict = Plugin::bridge()->bot_turn( $session, $turn, $text, $signals );
	} else {
		_doing_it_wrong( __FUNCTION__, esc_html__( 'The role is “visitor”, or “bot” after a visitor’s turn or with its turn_id.', 'escalation-bridge' ), '0.1.0' );
		$verdict = Plugin::bridge()->failed_verdict( $session, Client::failure( 'bot' === $role ? 'no-turn' : 'unknown-role', '' ) );
	}
	return array_merge( $verdict, array( 'turn_id' => $turn ) );
}

/**
 * Whether a person has this conversation. True also when that cannot be found out: keep the bot quiet then.
 *
 * @param string $session Session id.
 */
function escbridge_is_locked( string $session ): bool {
	return Plugin::bridge()->is_locked( escbridge_session_id( $session ) );
}

/**
 * The id under which the sidecar knows a conversation: your own id if it is fit, else one made from it that nobody can guess.
 *
 * @param string $id Your id.
 */
function escbridge_session_id( string $id ): string {
	if ( preg_match( '/^[A-Za-z0-9_-]{16,64}$/D', $id ) ) {
		return $id;
	}
	return 'ses_' . substr( hash_hmac( 'sha256', $id, wp_salt( 'auth' ) ), 0, 40 );
}
