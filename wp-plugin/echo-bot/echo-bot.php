<?php
/**
 * Plugin Name:       Echo Bot (demo for Escalation Bridge)
 * Description:       A bot that repeats what it is told. For demos and tests: say its confidence and intent in brackets at the end of a message.
 * Version:           0.1.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * Author:            Escalation Bridge contributors
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       echo-bot
 *
 * @package EchoBot
 */

declare(strict_types=1);

defined( 'ABSPATH' ) || exit;

add_filter( 'escbridge_bot_reply', 'escbridge_echo_reply', 10, 2 );

/**
 * Answers from the option echo_bot_script (JSON: message => {text, confidence, intent, intent_matched, failed}), else repeats the message.
 *
 * "Where is my parcel? [confidence=0.41 intent=billing_dispute]" sets the signals of this answer; "[failed]" makes it fail.
 *
 * @param null|string|array<string,mixed> $reply   What another bot said.
 * @param string                          $message What the visitor wrote.
 * @return null|string|array<string,mixed>
 */
function escbridge_echo_reply( $reply, string $message ) {
	if ( null !== $reply ) {
		return $reply;
	}
	$script = json_decode( (string) get_option( 'echo_bot_script', '{}' ), true );
	if ( is_array( $script ) && isset( $script[ $message ] ) && is_array( $script[ $message ] ) ) {
		return $script[ $message ];
	}
	$signals = array();
	if ( preg_match( '/\s*\[([a-z_]+(?:=[^\s\]]+)?(?:\s+[a-z_]+(?:=[^\s\]]+)?)*)\]\s*$/', $message, $part ) ) {
		$signals = escbridge_echo_signals( $part[1] );
		$message = substr( $message, 0, -strlen( $part[0] ) );
	}
	return array( 'text' => empty( $signals['failed'] ) ? 'You said: ' . $message : '' ) + $signals;
}

/**
 * Reads "confidence=0.41 intent=x failed".
 *
 * @param string $words Between the brackets.
 * @return array<string,mixed>
 */
function escbridge_echo_signals( string $words ): array {
	$signals = array();
	foreach ( (array) preg_split( '/\s+/', trim( $words ) ) as $word ) {
		list( $name, $value ) = explode( '=', (string) $word, 2 ) + array( 1 => 'true' );
		if ( 'confidence' === $name ) {
			$signals['confidence'] = (float) $value;
		} elseif ( 'intent' === $name ) {
			$signals['intent'] = $value;
		} elseif ( in_array( $name, array( 'failed', 'intent_matched' ), true ) ) {
			$signals[ $name ] = 'true' === $value;
		} else {
			$signals['signals'][ $name ] = is_numeric( $value ) ? (float) $value : $value;
		}
	}
	return $signals;
}
