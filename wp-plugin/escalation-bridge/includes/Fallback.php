<?php
/**
 * The contact form's way while the sidecar is away: an e-mail to the owner.
 *
 * @package EscalationBridge
 */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Fallback {

	/**
	 * True only when WordPress accepted the mail.
	 *
	 * @param array<string,string>                  $contact    email, phone, name.
	 * @param array<int,array{who:string,text:string}> $transcript What the browser holds.
	 */
	public static function mail( string $session, int $user_id, array $contact, array $transcript ): bool {
		/* translators: %s: site name */
		$subject = sprintf( __( '[%s] A chat visitor is waiting for an answer', 'escalation-bridge' ), wp_specialchars_decode( get_bloginfo( 'name' ), ENT_QUOTES ) );
		$lines   = array(
			__( 'The chat could not reach its sidecar, so this message comes by e-mail. No ticket exists for it: please answer it yourself.', 'escalation-bridge' ),
			'',
			__( 'Name:', 'escalation-bridge' ) . ' ' . ( $contact['name'] ?? '-' ),
			__( 'E-mail:', 'escalation-bridge' ) . ' ' . ( $contact['email'] ?? '-' ),
			__( 'Phone:', 'escalation-bridge' ) . ' ' . ( $contact['phone'] ?? '-' ),
			__( 'Logged in as:', 'escalation-bridge' ) . ' ' . self::account( $user_id ),
			__( 'Conversation:', 'escalation-bridge' ) . ' ' . $session,
			'',
			__( 'Transcript, as sent by the visitor’s browser (not checked):', 'escalation-bridge' ),
		);
		foreach ( $transcript as $line ) {
			$lines[] = sprintf( '%s: %s', self::one_line( $line['who'] ), $line['text'] );
		}
		$headers = empty( $contact['email'] ) ? array() : array( 'Reply-To: ' . $contact['email'] );
		return (bool) wp_mail( Settings::contact_email(), $subject, implode( "\n", $lines ), $headers );
	}

	private static function account( int $user_id ): string {
		$user = $user_id > 0 ? get_userdata( $user_id ) : false;
		return $user ? sprintf( '%s <%s>', $user->display_name, $user->user_email ) : __( 'nobody', 'escalation-bridge' );
	}

	private static function one_line( string $text ): string {
		return trim( (string) preg_replace( '/\s+/', ' ', $text ) );
	}
}
