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

	public static function add(): void {
		if ( current_user_can( 'escbridge_manage' ) && Settings::is_paired() ) {
			wp_add_dashboard_widget( 'escbridge_dashboard', __( 'Escalations', 'escalation-bridge' ), array( self::class, 'show' ) );
			Admin::style();
		}
	}

	public static function show(): void {
		$seen = Stats::recent();
		echo '<div class="escbridge-glance">';
		if ( $seen['ok'] ) {
			self::warnings( $seen['data'] );
			self::numbers( $seen['data'], (string) $seen['open'] );
		} else {
			self::bad( __( 'The sidecar cannot be reached.', 'escalation-bridge' ) . ' ' . ConnectionTest::cure( $seen, Settings::pairing() ) );
		}
		/* translators: %s: span of time */
		$age = sprintf( __( 'Asked %s ago.', 'escalation-bridge' ), human_time_diff( (int) $seen['at'] ) );
		echo '<p class="escbridge-foot"><a class="button" href="' . esc_url( Admin::url() ) . '">' . esc_html__( 'All escalations', 'escalation-bridge' ) . '</a> <span>' . esc_html( $age ) . '</span></p></div>';
	}

	private static function warnings( array $data ): void {
		if ( ! Stats::scheduler_runs( $data ) ) {
			self::bad( ConnectionTest::no_scheduler() );
		}
		array_map( array( self::class, 'bad' ), Stats::troubles( $data ) );
	}

	private static function numbers( array $data, string $open ): void {
		$band    = (string) ( $data['now']['band'] ?? '' );
		$healthy = array_map( 'number_format_i18n', array_map( static fn( $share ): float => 100 * (float) $share, (array) ( $data['healthy'] ?? array() ) ) );
		echo '<dl>';
		self::fact( __( 'Open escalations', 'escalation-bridge' ), '' === $open ? __( 'not known', 'escalation-bridge' ) : $open );
		self::fact( __( 'Handed over in seven days', 'escalation-bridge' ), Stats::rate( $data ), Stats::band( $band ), self::PILLS[ $band ] ?? '' );
		self::fact( __( 'Promises in seven days', 'escalation-bridge' ), Stats::promises( $data ) );
		echo '</dl>';
		if ( 2 === count( $healthy ) ) {
			/* translators: 1, 2: shares in percent */
			echo '<p class="escbridge-sub">' . esc_html( vsprintf( __( 'A share of %1$s %% to %2$s %% is healthy.', 'escalation-bridge' ), $healthy ) ) . '</p>';
		}
	}

	private static function fact( string $label, string $value, string $pill = '', string $look = '' ): void {
		echo '<div><dt>' . esc_html( $label ) . '</dt><dd>' . esc_html( $value ) . ' ' . ( '' === $pill ? '' : wp_kses_post( Admin::pill( $pill, $look ) ) ) . '</dd></div>';
	}

	private static function bad( string $text ): void {
		echo '<p class="escbridge-bad">' . esc_html( $text ) . '</p>';
	}
}
