<?php
/** A box on WordPress's dashboard: the rate in its band, what became of the promises, who waits. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Dashboard {

	const PILLS = array(
		'healthy'  => 'escbridge-promise-kept',
		'high'     => 'escbridge-pill-warn',
		'too_low'  => 'escbridge-pill-off',
		'too_high' => 'escbridge-pill-off',
	);

	public static function register(): void {
		if ( current_user_can( 'escbridge_manage' ) && Settings::is_paired() ) {
			wp_add_dashboard_widget( 'escbridge_dashboard', __( 'Escalations', 'escalation-bridge' ), array( self::class, 'show' ) );
			Admin::enqueue_style();
		}
	}

	public static function show(): void {
		$seen = Stats::recent();
		echo '<div class="escbridge-glance">';
		if ( $seen['ok'] ) {
			self::warnings( $seen['data'] );
			self::figures( $seen['data'], (string) $seen['open'] );
		} else {
			self::warning( __( 'The sidecar cannot be reached.', 'escalation-bridge' ) . ' ' . ConnectionTest::error_text( $seen, Settings::pairing() ) );
		}
		/* translators: %s: span of time */
		$age = sprintf( __( 'Asked %s ago.', 'escalation-bridge' ), human_time_diff( (int) $seen['at'] ) );
		echo '<p class="escbridge-foot"><a class="button" href="' . esc_url( Admin::url() ) . '">' . esc_html__( 'All escalations', 'escalation-bridge' ) . '</a> <span>' . esc_html( $age ) . '</span></p></div>';
	}

	private static function warnings( array $data ): void {
		if ( ! Stats::scheduler_runs( $data ) ) {
			self::warning( ConnectionTest::no_scheduler_text() );
		}
		array_map( array( self::class, 'warning' ), Stats::problems( $data ) );
	}

	private static function figures( array $data, string $open ): void {
		$band    = $data['now']['band'];
		$percent = static fn( $share ): string => number_format_i18n( 100 * $share );
		echo '<dl>';
		self::figure( __( 'Open escalations', 'escalation-bridge' ), '' === $open ? __( 'not known', 'escalation-bridge' ) : $open );
		self::figure( __( 'Handed over in seven days', 'escalation-bridge' ), Stats::rate_text( $data ), Stats::band_text( $band ), self::PILLS[ $band ] ?? '' );
		self::figure( __( 'Promises in seven days', 'escalation-bridge' ), Stats::commitments_text( $data ) );
		echo '</dl>';
		/* translators: 1, 2: shares in percent */
		echo '<p class="escbridge-sub">' . esc_html( vsprintf( __( 'A share of %1$s%% to %2$s%% is healthy.', 'escalation-bridge' ), array_map( $percent, $data['healthy'] ) ) ) . '</p>';
	}

	private static function figure( string $label, string $value, string $pill = '', string $look = '' ): void {
		echo '<div><dt>' . esc_html( $label ) . '</dt><dd>' . esc_html( $value ) . ' ' . ( '' === $pill ? '' : wp_kses_post( Admin::pill( $pill, $look ) ) ) . '</dd></div>';
	}

	private static function warning( string $text ): void {
		echo '<p class="escbridge-bad">' . esc_html( $text ) . '</p>';
	}
}
