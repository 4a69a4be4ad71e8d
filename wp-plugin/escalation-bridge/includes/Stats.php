<?php
/**
 * The last seven days as the sidecar counts them, for the dashboard, Site Health and WP-CLI; kept for five minutes.
 *
 * What is seen is the client's answer to GET /v1/stats, with `at` (when it was asked, unix seconds) and `open`, the number of
 * escalations that wait or are being worked on, '' when that is not known.
 */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Stats {

	const TIMEOUT   = 1.5; // Seconds that a page of wp-admin may wait.
	const TTL_OK    = 300;
	const TTL_ERROR = 60;  // A sidecar that does not answer costs time once in a minute, not with every page.

	public static function recent(): array {
		$seen = get_transient( 'escbridge_stats' );
		return is_array( $seen ) ? $seen : self::fetch( self::TIMEOUT );
	}

	/** Asks now, and keeps what came; the limit is in seconds. */
	public static function fetch( float $limit ): array {
		$answer = Plugin::client()->admin( 'GET', '/v1/stats?days=7', null, $limit );
		$seen   = array_merge( $answer, array( 'at' => time(), 'open' => (string) ( $answer['data']['active'] ?? '' ) ) );
		set_transient( 'escbridge_stats', $seen, $seen['ok'] ? self::TTL_OK : self::TTL_ERROR );
		return $seen;
	}

	/** The rate in its band, in words. */
	public static function rate_text( array $data ): string {
		$sessions = $data['now']['sessions'];
		if ( 0 === $sessions ) {
			return __( 'no conversation yet', 'escalation-bridge' );
		}
		/* translators: 1: a share in percent, 2: number of conversations */
		$words = _n( '%1$s%% of %2$s conversation', '%1$s%% of %2$s conversations', $sessions, 'escalation-bridge' );
		return sprintf( $words, number_format_i18n( 100 * $data['now']['rate'], 1 ), number_format_i18n( $sessions ) );
	}

	/** @param string $band As the sidecar names it. */
	public static function band_text( string $band ): string {
		$words = array(
			'too_low'  => __( 'too low', 'escalation-bridge' ),
			'healthy'  => __( 'healthy', 'escalation-bridge' ),
			'high'     => __( 'high', 'escalation-bridge' ),
			'too_high' => __( 'too high', 'escalation-bridge' ),
			'too_few'  => __( 'too few to tell', 'escalation-bridge' ),
		);
		return $words[ $band ] ?? $band;
	}

	public static function commitments_text( array $data ): string {
		$of = $data['commitments'];
		/* translators: 1: number kept, 2: number broken, 3: number that stand */
		return sprintf( __( '%1$d kept, %2$d broken, %3$d pending', 'escalation-bridge' ), $of['kept'], $of['broken'], $of['pending'] );
	}

	public static function scheduler_runs( array $data ): bool {
		return (bool) $data['scheduler']['alive'];
	}

	/** What a person has to look at: standing alarms in the sidecar's words, then what is parked, then what takes nothing. */
	public static function problems( array $data ): array {
		$lines  = array_column( $data['alarms'], 'text' );
		$parked = $data['delivery']['parked'];
		if ( $parked > 0 ) {
			/* translators: %d: number of tickets, notes and mails */
			$lines[] = sprintf( _n( '%d ticket, note or mail of the last seven days is parked: nobody gets it until a person retries it. “bridge outbox list” says why.', '%d tickets, notes or mails of the last seven days are parked: nobody gets them until a person retries them. “bridge outbox list” says why.', $parked, 'escalation-bridge' ), $parked );
		}
		foreach ( $data['upstreams'] as $one ) {
			if ( $one['paused'] ) {
				/* translators: 1: name of a helpdesk or mail server, 2: cause */
				$lines[] = sprintf( __( '%1$s takes nothing at the moment: %2$s', 'escalation-bridge' ), $one['target'], $one['cause'] );
			}
		}
		return $lines;
	}

	/** What a person has to look at, or why that is not known; '' where all is well. */
	public static function attention_text( array $seen ): string {
		return $seen['ok'] ? implode( ' ', self::problems( $seen['data'] ) ) : ConnectionTest::error_text( $seen, Settings::pairing() );
	}
}
