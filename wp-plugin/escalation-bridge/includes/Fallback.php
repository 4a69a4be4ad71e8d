<?php
/** The way by e-mail to the owner: that messages wait while the sidecar is away, and what can neither be handed over nor kept. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Fallback {

	/** Why a message comes by mail. */
	const DOWN    = 'down';
	const CLOSED  = 'closed';
	const NO_RULE = 'no-rule';
	const REFUSED = 'refused';

	/**
	 * True only when WordPress accepted the mail.
	 *
	 * @param array<string,string>                  $contact    email, phone, name.
	 * @param array<int,array{who:string,text:string}> $transcript What the browser holds.
	 * @param string                                $why        DOWN, CLOSED, NO_RULE or REFUSED.
	 */
	public static function mail( string $session, int $user_id, array $contact, array $transcript, string $why ): bool {
		/* translators: %s: site name */
		$subject = sprintf( __( '[%s] A chat visitor is waiting for an answer', 'escalation-bridge' ), self::site_name() );
		$lines   = array(
			self::reason( $why ),
			'',
			__( 'Name:', 'escalation-bridge' ) . ' ' . ( $contact['name'] ?? '-' ),
			__( 'E-mail:', 'escalation-bridge' ) . ' ' . ( $contact['email'] ?? '-' ),
			__( 'Phone:', 'escalation-bridge' ) . ' ' . ( $contact['phone'] ?? '-' ),
			__( 'Logged in as:', 'escalation-bridge' ) . ' ' . ( Context::account( $user_id ) ?: __( 'nobody', 'escalation-bridge' ) ),
			__( 'Conversation:', 'escalation-bridge' ) . ' ' . $session,
			'',
			__( 'What was written, as the visitor’s browser sent it (not checked):', 'escalation-bridge' ),
		);
		foreach ( $transcript as $line ) {
			$lines[] = sprintf( '%s: %s', trim( (string) preg_replace( '/\s+/', ' ', $line['who'] ) ), $line['text'] );
		}
		$headers = empty( $contact['email'] ) ? array() : array( 'Reply-To: ' . $contact['email'] );
		return (bool) wp_mail( Settings::contact_email(), $subject, implode( "\n", $lines ), $headers );
	}

	private static function reason( string $why ): string {
		$reasons = array(
			self::DOWN    => __( 'The chat could not reach its sidecar, so this message comes by e-mail. No ticket exists for it: please answer it yourself.', 'escalation-bridge' ),
			self::CLOSED  => __( 'The conversation had ended before this was sent, so it comes by e-mail, and the team finds it nowhere else: please answer it yourself.', 'escalation-bridge' ),
			self::NO_RULE => __( 'No rule hands over a visitor who asks for a person, so this message comes by e-mail. No ticket exists for it: please answer it yourself.', 'escalation-bridge' ),
			self::REFUSED => __( 'The sidecar did not take this message, or it has waited for 30 days, so it comes by e-mail. No ticket exists for it: please answer it yourself.', 'escalation-bridge' ),
		);
		return $reasons[ $why ];
	}

	/** Kept rows of one conversation that the sidecar does not get. */
	public static function mail_queued( array $rows, string $why ): bool {
		$line = static fn( array $row ): array => array( 'who' => gmdate( 'Y-m-d H:i', intdiv( $row['at'], 1000 ) ) . ' UTC', 'text' => $row['text'] );
		$last = end( $rows );
		return self::mail( $last['session'], $last['user'], array_merge( ...array_column( $rows, 'contact' ) ), array_map( $line, $rows ), $why );
	}

	/** Once an outage. No visitor's words are in it: they wait where only the team can read them. */
	public static function notify_outage( int $waiting ): bool {
		/* translators: %s: site name */
		$subject = __( '[%s] Chat messages are waiting', 'escalation-bridge' );
		$lines   = array(
			/* translators: %d: number of messages */
			sprintf( _n( 'The chat cannot reach its sidecar. %d message of a visitor waits in WordPress.', 'The chat cannot reach its sidecar. %d messages of visitors wait in WordPress.', $waiting, 'escalation-bridge' ), $waiting ),
			__( 'What comes until the sidecar is back waits too; then all of it is delivered by itself, in order. No other mail comes about this.', 'escalation-bridge' ),
			'',
			__( 'To read it now:', 'escalation-bridge' ) . ' ' . Admin::url(),
			__( 'Cause and cure:', 'escalation-bridge' ) . ' ' . Settings::url(),
		);
		return self::notify( $subject, $lines );
	}

	/** Of messages that do not reach WordPress, when the visitor who tells of it has the answer. */
	public static function notify_barred( array $lines ): void {
		Outbox::finish_request();
		/* translators: %s: site name */
		self::notify( __( '[%s] Chat messages are refused', 'escalation-bridge' ), array_merge( $lines, array( __( 'No other mail comes about this for a week.', 'escalation-bridge' ) ) ) );
	}

	private static function notify( string $subject, array $lines ): bool {
		return (bool) wp_mail( Settings::contact_email(), sprintf( $subject, self::site_name() ), implode( "\n", $lines ) );
	}

	private static function site_name(): string {
		return wp_specialchars_decode( get_bloginfo( 'name' ), ENT_QUOTES );
	}
}
