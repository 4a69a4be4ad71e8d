<?php
/** "Test the connection": asks with each secret and tells cause and cure. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class ConnectionTest {

	const SKEW_WORTH_TELLING = 5; // Seconds.

	/**
	 * @param array{url:string,site:string,chat_secret:string,admin_secret:string}|null $pairing
	 * @return array{ok:bool,lines:array<int,array{ok:bool,scope:string,text:string,cause:string,skewed:bool,misplaced:bool}>}
	 */
	public static function run( ?array $pairing ): array {
		$client = new Client( $pairing );
		$lines  = array( self::result_line( 'chat', $client->health( 'chat' ), $pairing ), self::result_line( 'admin', $client->health( 'admin' ), $pairing ) );
		if ( $lines[0]['ok'] ) {
			delete_transient( 'escbridge_breaker' );
		}
		return array( 'ok' => $lines[0]['ok'] && $lines[1]['ok'], 'lines' => $lines );
	}

	/** @return array{ok:bool,scope:string,text:string,cause:string,skewed:bool,misplaced:bool} */
	private static function result_line( string $scope, array $answer, ?array $pairing ): array {
		$is_right = $answer['ok'] && $answer['data']['scope'] === $scope;
		if ( $is_right ) {
			$text = self::success_text( $answer['data'] );
		} elseif ( $answer['ok'] ) {
			$text = __( 'The two secrets are swapped. Take the pairing code again from “bridge site add”.', 'escalation-bridge' );
		} else {
			$text = self::error_text( $answer, $pairing );
		}
		return array(
			'ok'        => $is_right,
			'scope'     => $scope,
			'cause'     => $answer['ok'] && ! $is_right ? 'swapped' : (string) $answer['error'],
			'skewed'    => abs( self::clock_skew( $answer['data'] ) ) > self::SKEW_WORTH_TELLING,
			'misplaced' => self::is_misplaced( $answer['data'] ),
			'text'      => $text,
		);
	}

	private static function success_text( array $health ): string {
		/* translators: 1: version, 2: site id */
		$text = sprintf( __( 'Connected: version %1$s, site %2$s.', 'escalation-bridge' ), $health['version'], $health['site'] );
		$skew = self::clock_skew( $health );
		if ( abs( $skew ) > self::SKEW_WORTH_TELLING ) {
			/* translators: %d: seconds */
			$text .= ' ' . sprintf( __( 'The two clocks differ by %d seconds; this is evened out, but set them right.', 'escalation-bridge' ), $skew );
		}
		if ( self::is_misplaced( $health ) ) {
			/* translators: 1: host name of the pairing code, 2: host name of this site */
			$text .= ' ' . sprintf( __( 'The pairing code was made for %1$s, and links in mails lead there; this site is %2$s. Take a code of this site’s own (“bridge site add”), or tell the sidecar that the site has moved (“bridge site set”).', 'escalation-bridge' ), self::place_of( $health['url'] ), self::place_of( get_option( 'home' ) ) );
		}
		if ( ! $health['scheduler_alive'] ) {
			$text .= ' ' . self::no_scheduler_text();
		}
		return $text;
	}

	/** Seconds by which the sidecar's clock is ahead of ours; 0 when its answer does not tell the time. */
	private static function clock_skew( array $data ): int {
		return isset( $data['server_time'] ) ? Client::clock_offset( $data['server_time'] ) : 0;
	}

	/** Whether the code was made for another site, as far as host and folder tell; an older sidecar does not say for which. */
	private static function is_misplaced( array $data ): bool {
		return isset( $data['url'] ) && self::place_of( $data['url'] ) !== self::place_of( get_option( 'home' ) );
	}

	private static function place_of( string $url ): string {
		return preg_replace( '/^www\./', '', strtolower( (string) wp_parse_url( $url, PHP_URL_HOST ) ) ) . untrailingslashit( (string) wp_parse_url( $url, PHP_URL_PATH ) );
	}

	/** A code holds an address of the sidecar's own machine where nobody has set another. */
	private static function cure_of_a_local_address( string $url ): string {
		$address  = trim( gethostbyname( (string) wp_parse_url( $url, PHP_URL_HOST ) ), '[]' );
		$reserved = filter_var( $address, FILTER_VALIDATE_IP ) && ! filter_var( $address, FILTER_VALIDATE_IP, FILTER_FLAG_NO_RES_RANGE );
		return $reserved ? ' ' . __( 'It is an address of this server itself: where the sidecar runs on another one, set its address there (BRIDGE_PUBLIC_URL), and pair with a new code (“bridge site rotate”).', 'escalation-bridge' ) : '';
	}

	public static function no_scheduler_text(): string {
		return __( 'The scheduler is not running: nothing is delivered and no promise is watched. Start it with “bridge up” or “python -m scheduler”.', 'escalation-bridge' );
	}

	/** Why an answer of the client is none, and what helps. */
	public static function error_text( array $answer, ?array $pairing ): string {
		$url     = (string) ( $pairing['url'] ?? '' );
		$path    = untrailingslashit( (string) wp_parse_url( $url, PHP_URL_PATH ) );
		$by_path = '' === $path
			? array()
			/* translators: %s: path */
			: array_fill_keys( array( 'refused', 'not-found' ), sprintf( __( 'The address has the path %s, which the sidecar does not know. Give it an address without a path (BRIDGE_PUBLIC_URL), and pair with a new code (“bridge site rotate”).', 'escalation-bridge' ), $path ) );
		$words   = $by_path + array(
			'not_paired'      => __( 'No pairing code is set.', 'escalation-bridge' ),
			/* translators: %s: host name */
			'blocked'         => sprintf( __( 'WordPress itself blocked the call (WP_HTTP_BLOCK_EXTERNAL). Add %s to WP_ACCESSIBLE_HOSTS in wp-config.php.', 'escalation-bridge' ), (string) wp_parse_url( $url, PHP_URL_HOST ) ),
			'timeout'         => __( 'No answer in time. Something takes the connection but does not answer: see the sidecar’s log, or a firewall between.', 'escalation-bridge' ),
			/* translators: 1: URL, 2: error of the transport */
			'unreachable'     => sprintf( __( 'Nothing answers at %1$s. Is the sidecar running (“bridge up”), and is this its address as seen from this server? (%2$s)', 'escalation-bridge' ), $url, $answer['detail'] ) . self::cure_of_a_local_address( $url ),
			/* translators: %s: status and new location */
			'redirected'      => sprintf( __( 'The address redirects (%s). Give the sidecar its final address (BRIDGE_PUBLIC_URL), and pair with a new code (“bridge site rotate”).', 'escalation-bridge' ), $answer['detail'] ),
			'refused'         => __( 'The sidecar refused the signature: this site or secret is unknown there. Make a new pairing code (“bridge site add” or “bridge site rotate”). If the code is right, a proxy between changes the request’s path.', 'escalation-bridge' ),
			'not-found'       => __( 'The sidecar does not know this call: it is older than this plugin. Update the sidecar.', 'escalation-bridge' ),
			/* translators: %d: seconds */
			'stale-timestamp' => sprintf( __( 'The clocks of this server and the sidecar differ by %d seconds, and evening it out did not help. Set both by NTP.', 'escalation-bridge' ), self::clock_skew( $answer['data'] ) ),
			'bad_signature'   => __( 'The answer’s signature is wrong: something between changes answers (a proxy that rewrites, injects or cuts), or another sidecar answers.', 'escalation-bridge' ),
			/* translators: %s: HTTP status */
			'unsigned'        => sprintf( __( 'The answer is not signed (%s): something else than the sidecar answers at this address, such as a web server’s own page or a proxy’s error.', 'escalation-bridge' ), $answer['detail'] ),
		);
		/* translators: 1: error code, 2: detail */
		return $words[ $answer['error'] ] ?? sprintf( __( 'The sidecar answered with an error: %1$s %2$s', 'escalation-bridge' ), (string) $answer['error'], (string) $answer['detail'] );
	}
}
