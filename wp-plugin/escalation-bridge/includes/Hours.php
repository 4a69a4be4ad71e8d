<?php
/** Staffed hours by command: close or open now, whatever the calendar says, and what of that holds. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Hours {

	/** Gives or revokes a command, then goes back to the page with the result's code. */
	public static function handle_form(): void {
		$given  = Admin::verified_form( 'escbridge_hours', current_user_can( 'escbridge_manage' ) );
		$revoke = (string) ( $given['revoke'] ?? '' );
		$client = Plugin::client();
		$answer = '' === $revoke
			? $client->admin( 'POST', '/v1/hours', self::command_body( $given ) )
			: $client->admin( 'POST', '/v1/hours/' . rawurlencode( $revoke ) . '/revoke', array( 'agent' => Admin::agent() ) );
		$code   = $answer['ok'] ? ( '' === $revoke ? 'done-hours' : 'done-revoke' ) : (string) $answer['error'];
		$result = 422 === $answer['status'] ? 'hours-wrong' : $code;
		wp_safe_redirect( Admin::url( array( 'escbridge_result' => $result, 'late' => (string) ( $answer['data']['late'] ?? 0 ) ) ) );
		exit;
	}

	/** @param array<string,string> $given The form. Without `until` the command holds to the end of the day. */
	private static function command_body( array $given ): array {
		$until = date_create_immutable( (string) ( $given['until'] ?? '' ), wp_timezone() );
		$why   = (string) preg_replace( '/[[:cntrl:]]+/', ' ', Admin::raw_text( 'why' ) );
		$order = array( 'open' => 'open' === ( $given['what'] ?? '' ), 'why' => $why, 'agent' => Admin::agent() );
		$order += empty( $given['queue'] ) ? array() : array( 'queue' => $given['queue'] );
		return $order + ( empty( $given['until'] ) ? array() : array( 'until' => $until ? gmdate( 'Y-m-d\TH:i:s\Z', $until->getTimestamp() ) : $given['until'] ) );
	}

	public static function render(): void {
		$late = absint( $_GET['late'] ?? 0 ); // phpcs:ignore WordPress.Security.NonceVerification.Recommended -- only shown.
		if ( $late > 0 ) {
			/* translators: %d: how many */
			Admin::notice( 'warning', sprintf( _n( '%d standing promise is due in the time that is closed now. Somebody has to keep it all the same.', '%d standing promises are due in the time that is closed now. Somebody has to keep them all the same.', $late, 'escalation-bridge' ), $late ) );
		}
		$answer = Plugin::client()->admin( 'GET', '/v1/hours' );
		if ( ! $answer['ok'] ) {
			return; // The list below says what is wrong.
		}
		$commands = (array) $answer['data']['commands'];
		$queues   = (array) $answer['data']['queues'];
		echo '<details class="escbridge-hours"' . ( $commands ? ' open' : '' ) . '><summary>' . esc_html( implode( ' · ', array_map( array( self::class, 'queue_state' ), $queues ) ) ) . ' <em>' . esc_html__( 'Close or open now', 'escalation-bridge' ) . '</em></summary>';
		foreach ( $commands as $command ) {
			self::render_command( $command );
		}
		$all = '<option value="">' . esc_html__( 'all queues', 'escalation-bridge' ) . '</option>';
		foreach ( array_column( $queues, 'queue' ) as $queue ) {
			$all .= '<option>' . esc_html( $queue ) . '</option>';
		}
		self::form(
			'<label>' . esc_html__( 'Whatever the calendar says:', 'escalation-bridge' ) . ' <select name="what"><option value="close">' . esc_html__( 'close now', 'escalation-bridge' ) . '</option><option value="open">' . esc_html__( 'open now', 'escalation-bridge' ) . '</option></select></label>'
			. '<label>' . esc_html__( 'Queue', 'escalation-bridge' ) . ' <select name="queue">' . $all . '</select></label>'
			. '<label>' . esc_html__( 'Until (empty: the end of today)', 'escalation-bridge' ) . ' <input type="datetime-local" name="until"></label>'
			. '<label>' . esc_html__( 'Reason, for the team alone', 'escalation-bridge' ) . ' <input type="text" name="why" maxlength="200" pattern=".*\S.*" required></label>',
			__( 'Do it', 'escalation-bridge' )
		);
		echo '</details>';
	}

	private static function queue_state( array $queue ): string {
		$words = $queue['changes_at']
			? array(
				/* translators: 1: queue, 2: date and time */
				__( '%1$s is closed until %2$s', 'escalation-bridge' ),
				/* translators: 1: queue, 2: date and time */
				__( '%1$s is open until %2$s', 'escalation-bridge' ),
			)
			: array(
				/* translators: %s: queue */
				__( '%s is closed until further notice', 'escalation-bridge' ),
				/* translators: %s: queue */
				__( '%s is open until further notice', 'escalation-bridge' ),
			);
		return sprintf( $words[ (int) $queue['open'] ], $queue['queue'], Admin::format_time( (string) $queue['changes_at'] ) );
	}

	private static function render_command( array $command ): void {
		$words = $command['open']
			/* translators: 1: date and time, 2: date and time, 3: reason, 4: who said so */
			? __( 'open by command from %1$s until %2$s. %3$s (%4$s)', 'escalation-bridge' )
			/* translators: 1: date and time, 2: date and time, 3: reason, 4: who said so */
			: __( 'closed by command from %1$s until %2$s. %3$s (%4$s)', 'escalation-bridge' );
		$text  = sprintf( $words, Admin::format_time( $command['from'] ), Admin::format_time( $command['until'] ), $command['why'], $command['author'] );
		$queue = ( empty( $command['queue'] ) ? __( 'All queues', 'escalation-bridge' ) : $command['queue'] ) . ': ';
		self::form( '<span>' . esc_html( $queue . $text ) . '</span><input type="hidden" name="revoke" value="' . esc_attr( $command['id'] ) . '">', __( 'Revoke', 'escalation-bridge' ) );
	}

	/** $fields is markup of ours, escaped where it was made. */
	private static function form( string $fields, string $label ): void {
		echo Admin::post_form( 'escbridge_hours', 'escbridge_hours', $fields, $label ); // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped -- as said.
	}
}
