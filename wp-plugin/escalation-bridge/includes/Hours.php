<?php
/**
 * Staffed hours by command: close or open now, whatever the calendar says, and what of that holds.
 *
 * @package EscalationBridge
 */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Hours {

	public static function boot(): void {
		add_action( 'admin_post_escbridge_hours', array( self::class, 'act' ) );
	}

	/** Gives or revokes a command, then goes back to the page with the result's code. */
	public static function act(): void {
		check_admin_referer( 'escbridge_hours' );
		if ( ! current_user_can( 'escbridge_manage' ) ) {
			wp_die( esc_html__( 'You may not do this.', 'escalation-bridge' ), '', array( 'response' => 403 ) );
		}
		$given  = array_map( 'sanitize_text_field', array_filter( wp_unslash( $_POST ), 'is_string' ) );
		$revoke = (string) ( $given['revoke'] ?? '' );
		$client = new Client( Settings::pairing() );
		$answer = '' === $revoke
			? $client->admin( 'POST', '/v1/hours', self::order( $given ) )
			: $client->admin( 'POST', '/v1/hours/' . rawurlencode( $revoke ) . '/revoke', array( 'agent' => Admin::agent() ) );
		$code   = $answer['ok'] ? ( '' === $revoke ? 'done-hours' : 'done-revoke' ) : (string) $answer['error'];
		wp_safe_redirect( Admin::url( array( 'escbridge_result' => 422 === $answer['status'] ? 'hours-wrong' : $code ) ) );
		exit;
	}

	/**
	 * @param array<string,string> $given The form. Without `until` the command holds to the end of the day.
	 * @return array<string,mixed>
	 */
	private static function order( array $given ): array {
		$until = date_create_immutable( (string) ( $given['until'] ?? '' ), wp_timezone() );
		$order = array(
			'open'  => 'open' === ( $given['what'] ?? '' ),
			'why'   => (string) ( $given['why'] ?? '' ),
			'agent' => Admin::agent(),
		);
		return $order + ( empty( $given['until'] ) || ! $until ? array() : array( 'until' => gmdate( 'Y-m-d\TH:i:s\Z', $until->getTimestamp() ) ) );
	}

	public static function show(): void {
		$answer = ( new Client( Settings::pairing() ) )->admin( 'GET', '/v1/hours' );
		if ( ! $answer['ok'] ) {
			return; // The list below says what is wrong.
		}
		$commands = (array) $answer['data']['commands'];
		echo '<details class="escbridge-hours"' . ( $commands ? ' open' : '' ) . '><summary>' . esc_html__( 'Close or open now', 'escalation-bridge' ) . '</summary>';
		foreach ( $commands as $command ) {
			self::command( $command );
		}
		self::form(
			'<p><label><input type="radio" name="what" value="close" required> ' . esc_html__( 'Close', 'escalation-bridge' ) . '</label> '
			. '<label><input type="radio" name="what" value="open"> ' . esc_html__( 'Open', 'escalation-bridge' ) . '</label></p>'
			. '<p><label for="escbridge-until">' . esc_html__( 'until (empty: the end of today)', 'escalation-bridge' ) . '</label> <input type="datetime-local" id="escbridge-until" name="until"></p>'
			. '<p><label for="escbridge-why">' . esc_html__( 'Reason, for the team alone', 'escalation-bridge' ) . '</label> <input type="text" id="escbridge-why" name="why" maxlength="200" required></p>',
			__( 'Do it from now on', 'escalation-bridge' )
		);
		echo '</details>';
	}

	/** @param array<string,mixed> $command As the sidecar tells it. */
	private static function command( array $command ): void {
		$words = $command['open']
			/* translators: 1: date and time, 2: date and time, 3: reason, 4: who said so */
			? __( 'Open from %1$s until %2$s: %3$s (%4$s)', 'escalation-bridge' )
			/* translators: 1: date and time, 2: date and time, 3: reason, 4: who said so */
			: __( 'Closed from %1$s until %2$s: %3$s (%4$s)', 'escalation-bridge' );
		$text  = sprintf( $words, Admin::when( $command['from'] ), Admin::when( $command['until'] ), $command['why'], $command['author'] );
		$queue = empty( $command['queue'] ) ? '' : ' · ' . $command['queue'];
		self::form( '<p>' . esc_html( $text . $queue ) . '</p><input type="hidden" name="revoke" value="' . esc_attr( $command['id'] ) . '">', __( 'Revoke', 'escalation-bridge' ) );
	}

	/** $fields is markup of ours, escaped where it was made. */
	private static function form( string $fields, string $label ): void {
		echo '<form method="post" action="' . esc_url( admin_url( 'admin-post.php' ) ) . '">';
		wp_nonce_field( 'escbridge_hours', '_wpnonce', true );
		echo '<input type="hidden" name="action" value="escbridge_hours">' . $fields; // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped -- escaped where it was made.
		echo '<button type="submit" class="button">' . esc_html( $label ) . '</button></form>';
	}
}
