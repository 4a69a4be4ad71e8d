<?php
/**
 * New secrets without a moment in which a visitor's call is refused: issued by the sidecar, tried, kept, and only then does it
 * end the old ones, some minutes later. Whatever fails on the way, what is kept here goes on working.
 */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Renewal {

	const ACTION = 'escbridge_renew';

	/** The button under Settings. */
	public static function handle_form(): void {
		Admin::verified_form( self::ACTION, current_user_can( 'manage_options' ) );
		$done = self::run();
		add_settings_error( 'escbridge', 'renewal', esc_html( $done['text'] ), $done['ok'] ? 'success' : 'error' );
		set_transient( 'settings_errors', get_settings_errors(), 30 ); // As options.php tells the page that comes next.
		wp_safe_redirect( add_query_arg( 'settings-updated', 'true', Settings::url() ) );
		exit;
	}

	/** @return array{ok:bool,text:string} No secret, nor a part of one, is in the text. */
	public static function run(): array {
		if ( Settings::is_fixed() ) {
			return self::failed( self::fixed_notice() );
		}
		$former = Settings::pairing();
		$issued = ( new Client( $former ) )->admin( 'POST', Client::with_home( '/v1/secrets/renew' ), array() );
		if ( ! $issued['ok'] ) {
			return self::failed( 'renewal-in-hand' === $issued['error']
				? __( 'Somebody renewed the secrets less than a minute ago. Nothing was changed; try again in a minute.', 'escalation-bridge' )
				: __( 'The secrets were not renewed; the former ones stay.', 'escalation-bridge' ) . ' ' . ConnectionTest::error_text( $issued, $former ) );
		}
		Limits::wait( (float) $issued['data']['valid_in_s'] ); // Until then a process of the sidecar may not know them.
		$new  = array_merge( $former, array_intersect_key( $issued['data'], array_flip( array( 'chat_secret', 'admin_secret' ) ) ) );
		$test = ConnectionTest::run( $new );
		$kept = $test['ok'] ? Settings::pair( Settings::encode( $new ) ) : implode( ' ', array_column( $test['lines'], 'text' ) );
		if ( '' !== $kept ) {
			return self::failed( __( 'The new secrets do not work, so the former ones stay:', 'escalation-bridge' ) . ' ' . $kept );
		}
		$settled = ( new Client( $new ) )->admin( 'POST', '/v1/secrets/settle', array() );
		if ( ! $settled['ok'] ) {
			return self::failed( __( 'The new secrets are in use, but the former ones hold too. Renew once more, or run “bridge site revoke” beside the sidecar.', 'escalation-bridge' ) . ' ' . ConnectionTest::error_text( $settled, $new ) );
		}
		$minutes = (int) ceil( $settled['data']['grace_s'] / MINUTE_IN_SECONDS );
		/* translators: %d: number of minutes */
		$text = _n( 'The secrets are renewed. The former ones end in %d minute.', 'The secrets are renewed. The former ones end in %d minutes.', $minutes, 'escalation-bridge' );
		return array( 'ok' => true, 'text' => sprintf( $text, $minutes ) );
	}

	/** Why WordPress cannot renew what the environment sets, and who can. */
	public static function fixed_notice(): string {
		/* translators: %s: name of a constant */
		return sprintf( __( 'The pairing code is set by %s, which WordPress cannot change. Run “bridge site rotate” beside the sidecar, put the new code there, then “bridge site revoke”.', 'escalation-bridge' ), Settings::fixed_name() );
	}

	private static function failed( string $text ): array {
		return array( 'ok' => false, 'text' => $text );
	}

	/** The button, in a form of its own. */
	public static function render_form(): void {
		echo '<form method="post" action="' . esc_url( admin_url( 'admin-post.php' ) ) . '" id="escbridge-renewal">';
		wp_nonce_field( self::ACTION );
		echo '<input type="hidden" name="action" value="' . esc_attr( self::ACTION ) . '"></form>';
	}
}
