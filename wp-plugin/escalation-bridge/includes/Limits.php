<?php
/** Short-lived counters, in transients: an object cache that persists has them by itself. The sidecar counts no calls: a limit is here, or nowhere. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Limits {

	const DEFAULTS = array(
		'sessions' => array( 5, 600 ),  // Per address: how many, in how many seconds.
		'turns'    => array( 15, 60 ),  // Per session.
		'events'   => array( 120, 60 ), // Per session: looks for news, messages sent again, and ends. Six tabs look every 3 seconds.
		'contact'  => array( 3, 600 ),  // Per session.
		'calls'    => array( 30, 600 ), // Times for a call asked for or booked: per session in the chat, per address behind a link.
		'hooks'    => array( 300, 60 ), // Of a helpdesk, per address.
		'mail'     => array( 30, 3600 ), // Of the whole site, while the sidecar is away.
	);
	const LOOSE    = array( 'events', 'calls', 'hooks' ); // A few too many at once cost nothing: these are counted without the lock.

	const LOCK      = 'escbridge_count'; // WordPress stores it as the option escbridge_count.lock.
	const LOCK_LIFE = 5;                 // Seconds after which its holder is taken for dead.
	const LOCK_WAIT = 3;                 // Seconds.

	/** Counts one more. Answers 0 when that is within the limit, else the seconds to wait. */
	public static function hit( string $kind, string $who ): int {
		return in_array( $kind, self::LOOSE, true ) ? self::count( $kind, $who ) : self::alone( static fn(): int => self::count( $kind, $who ) ) ?? 1;
	}

	/** Runs what reads and writes again, while no other request of the site is at such; null when they leave no gap. */
	public static function alone( callable $run ) {
		$end = microtime( true ) + self::LOCK_WAIT;
		while ( ! Outbox::lock( self::LOCK, self::LOCK_LIFE ) ) {
			if ( microtime( true ) > $end ) {
				return null;
			}
			self::wait( 0.02 );
		}
		try {
			return $run();
		} finally {
			\WP_Upgrader::release_lock( self::LOCK );
		}
	}

	/** Some hosts switch PHP's sleep() and usleep() off. */
	public static function wait( float $seconds ): void {
		$end = microtime( true ) + $seconds;
		while ( microtime( true ) < $end ) {
			function_exists( 'usleep' ) && usleep( 20000 );
		}
	}

	/** As hit(), for who is alone already. */
	public static function count( string $kind, string $who ): int {
		/**
		 * Filters the limits: kind => array( how many, in how many seconds ).
		 *
		 * @param array $limits Defaults.
		 */
		$limits              = (array) apply_filters( 'escbridge_limits', self::DEFAULTS ) + self::DEFAULTS;
		list( $most, $span ) = $limits[ $kind ];
		$key                 = 'escbridge_' . $kind . '_' . md5( self::network( $who ) );
		$seen                = get_transient( $key );
		$now                 = time();
		if ( ! is_array( $seen ) || $seen['since'] + $span <= $now ) {
			$seen = array( 'since' => $now, 'count' => 0 );
		}
		if ( $seen['count'] >= $most ) {
			return max( 1, $seen['since'] + $span - $now );
		}
		++$seen['count'];
		set_transient( $key, $seen, (int) $span );
		return 0;
	}

	/** Of an address of IPv6 the first 64 bits: the others are its owner's to change. */
	private static function network( string $who ): string {
		$who = preg_replace( '/^::ffff:(?=\d+\.)/i', '', $who );
		return filter_var( $who, FILTER_VALIDATE_IP, FILTER_FLAG_IPV6 ) ? substr( inet_pton( $who ), 0, 8 ) : $who;
	}

	/** Proxy headers only through the filter: anybody can send them. */
	public static function visitor_address(): string {
		$address = isset( $_SERVER['REMOTE_ADDR'] ) ? sanitize_text_field( wp_unslash( $_SERVER['REMOTE_ADDR'] ) ) : '';
		/**
		 * Filters the visitor's address used for limits.
		 *
		 * @param string $address REMOTE_ADDR.
		 */
		return (string) apply_filters( 'escbridge_visitor_address', $address );
	}

	/** Whether a proxy names somebody else for this request than REMOTE_ADDR does, and nobody has said by the filter which of them counts. */
	public static function is_behind_proxy(): bool {
		$named  = static fn( string $header ): array => array_filter( wp_parse_list( sanitize_text_field( wp_unslash( $_SERVER[ $header ] ?? '' ) ) ) );
		$others = static fn( array $named ): bool => $named && ! in_array( self::visitor_address(), $named, true );
		return ! has_filter( 'escbridge_visitor_address' ) && ( $others( $named( 'HTTP_X_FORWARDED_FOR' ) ) || $others( $named( 'HTTP_CF_CONNECTING_IP' ) ) );
	}
}
