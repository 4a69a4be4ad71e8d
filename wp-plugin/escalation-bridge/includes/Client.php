<?php
/**
 * Signed calls to the sidecar: one place that knows HTTP, the breaker and the clock.
 *
 * Every answer is an array:
 *   ok      bool    2xx, rightly signed
 *   down    bool    nothing trustworthy came back, or the sidecar cannot store: take the degraded path
 *   status  int     HTTP status, 0 without an answer
 *   error   string  '' or a short cause: not_paired, paused, blocked, timeout, unreachable, redirected, refused, unsigned,
 *                   bad_signature, malformed, or the slug of the sidecar's problem
 *   detail  string  for the owner, never for a visitor
 *   data    array   the decoded body
 *   retry_after int seconds, 0 when not told
 */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Client {

	const TIME_BUDGET        = 2.0;   // Seconds a visitor's request may spend on the sidecar, over all its calls.
	const MIN_TIMEOUT        = 1.0;   // WordPress raises any shorter limit to one second.
	const WEBHOOK_TIMEOUT    = 3.0;   // Seconds for a helpdesk's call, which comes again.
	const MAX_RESPONSE_BYTES = array( // Bytes. A longer answer is cut, and then its signature fails.
		'chat'  => 65536,
		'admin' => 4194304, // An escalation with its whole conversation.
	);
	const MAX_FAILURES    = 3;  // Failures in a row.
	const BREAKER_SECONDS = 30; // Seconds without any call after that.
	const PROBLEM_URN     = 'urn:escalation-bridge:problem:';

	/** @var array{url:string,site:string,chat_secret:string,admin_secret:string}|null */
	private $pairing;

	private float $spent;

	/** @param float $budget Seconds, at most TIME_BUDGET. */
	public function __construct( ?array $pairing, float $budget = self::TIME_BUDGET ) {
		$this->pairing = $pairing;
		$this->spent   = self::TIME_BUDGET - $budget;
	}

	/** A call on the visitor's path: short, and not made at all while the breaker is open. */
	public function chat( string $method, string $route, ?array $body = null ): array {
		if ( ! $this->is_call_allowed() ) {
			return self::failure( 'paused', __( 'The last calls failed; the next try is within 30 seconds.', 'escalation-bridge' ) );
		}
		$started      = microtime( true );
		$timeout      = max( self::MIN_TIMEOUT, self::TIME_BUDGET - $this->spent );
		$answer       = $this->call( 'chat', $method, $route, $body, $timeout );
		$this->spent += microtime( true ) - $started;
		$this->record_outcome( $answer );
		return $answer;
	}

	/** A call from wp-admin: patient (the limit is in seconds), and without the breaker. */
	public function admin( string $method, string $route, ?array $body = null, float $timeout = 5.0 ): array {
		return $this->call( 'admin', $method, $route, $body, $timeout );
	}

	/**
	 * Hands a helpdesk's call on, unsigned by us: its own signature is what counts. It waits for a pause to end, and is never the first try after it.
	 *
	 * @return array{status:int,data:array<string,mixed>}
	 */
	public function forward_webhook( string $desk, array $headers, string $body ): array {
		if ( null === $this->pairing || self::breaker()['paused'] ) {
			return array( 'status' => 0, 'data' => array() );
		}
		$url      = untrailingslashit( $this->pairing['url'] ) . '/v1/hooks/' . rawurlencode( $this->pairing['site'] ) . '/' . rawurlencode( $desk );
		$limits   = array( 'timeout' => self::WEBHOOK_TIMEOUT, 'redirection' => 0, 'limit_response_size' => self::MAX_RESPONSE_BYTES['chat'] );
		$response = wp_remote_post( $url, $limits + compact( 'headers', 'body' ) );
		return array(
			'status' => (int) wp_remote_retrieve_response_code( $response ),
			'data'   => (array) json_decode( (string) wp_remote_retrieve_body( $response ), true ),
		);
	}

	/** With the address of this WordPress: the sidecar refuses what a copy of the site must not do in the site's place. */
	public static function with_home( string $route ): string {
		return $route . '?home=' . rawurlencode( (string) get_option( 'home' ) );
	}

	public function health( string $scope ): array {
		return $this->call( $scope, 'GET', '/v1/health', null, 5.0 );
	}

	/** Sends once; once more when the sidecar says that our clock is off, or that a proxy has sent our call twice (but not what would be done twice). */
	private function call( string $scope, string $method, string $route, ?array $body, float $timeout ): array {
		if ( null === $this->pairing ) {
			return self::failure( 'not_paired', __( 'No pairing code is set.', 'escalation-bridge' ) );
		}
		$offset = (int) get_transient( 'escbridge_clock' );
		$answer = $this->send( $scope, $method, $route, $body, $timeout, $offset );
		if ( 'stale-timestamp' === $answer['error'] && isset( $answer['data']['server_time'] ) ) {
			$offset = self::clock_offset( $answer['data']['server_time'] );
			set_transient( 'escbridge_clock', $offset, DAY_IN_SECONDS );
		} elseif ( 'replayed-nonce' !== $answer['error'] || ( 'admin' === $scope && 'POST' === $method ) ) {
			return $answer;
		}
		return $this->send( $scope, $method, $route, $body, self::MIN_TIMEOUT, $offset );
	}

	/**
	 * Seconds by which the sidecar's clock is ahead of ours.
	 *
	 * @param int|string $server_time Unix seconds, or an instant in RFC 3339.
	 */
	public static function clock_offset( $server_time ): int {
		return ( is_numeric( $server_time ) ? (int) $server_time : (int) strtotime( (string) $server_time ) ) - time();
	}

	/** Now by the sidecar's clock as far as it is known, in milliseconds UTC. */
	public static function now_ms(): int {
		return (int) round( 1000 * microtime( true ) ) + 1000 * (int) get_transient( 'escbridge_clock' );
	}

	private function send( string $scope, string $method, string $route, ?array $body, float $timeout, int $offset ): array {
		$raw    = null === $body ? '' : (string) wp_json_encode( (object) $body );
		$secret = $this->pairing[ 'admin' === $scope ? 'admin_secret' : 'chat_secret' ];
		$base   = untrailingslashit( $this->pairing['url'] );
		$target = untrailingslashit( (string) wp_parse_url( $base, PHP_URL_PATH ) ) . $route;
		$stamp  = (string) ( time() + $offset );
		$nonce  = bin2hex( random_bytes( 16 ) );
		$args   = array(
			'method'              => $method,
			'timeout'             => $timeout,
			'redirection'         => 0,
			'limit_response_size' => self::MAX_RESPONSE_BYTES[ $scope ],
			'headers'             => array(
				'Accept'             => 'application/json',
				'X-Bridge-Site'      => $this->pairing['site'],
				'X-Bridge-Timestamp' => $stamp,
				'X-Bridge-Nonce'     => $nonce,
				'X-Bridge-Signature' => Signer::sign( $secret, Signer::REQUEST_SALT, Signer::request_text( $method, $target, $stamp, $nonce, $raw ) ),
			),
		);
		if ( '' !== $raw ) {
			$args['body']                    = $raw;
			$args['headers']['Content-Type'] = 'application/json';
		}
		// Not the safe_ variant: it refuses private addresses and ports, where a sidecar lives. The address is the owner's, never a visitor's.
		$response = wp_remote_request( $base . $route, $args );
		return is_wp_error( $response ) ? self::transport_failure( $response ) : self::parse_response( $response, $secret, $nonce );
	}

	private static function parse_response( array $response, string $secret, string $nonce ): array {
		$status    = (int) wp_remote_retrieve_response_code( $response );
		$raw       = (string) wp_remote_retrieve_body( $response );
		$signature = self::first_value( wp_remote_retrieve_header( $response, 'x-bridge-signature' ) );
		if ( '' === $signature ) {
			$cause = $status >= 300 && $status < 400 ? 'redirected' : ( 401 === $status ? 'refused' : 'unsigned' );
			return self::failure( $cause, 'HTTP ' . $status . ' ' . self::first_value( wp_remote_retrieve_header( $response, 'location' ) ), $status );
		}
		if ( ! Signer::verify( $secret, Signer::RESPONSE_SALT, Signer::response_text( $status, $nonce, $raw ), $signature ) ) {
			return self::failure( 'bad_signature', 'HTTP ' . $status, $status );
		}
		$data = '' === $raw ? array() : json_decode( $raw, true );
		if ( ! is_array( $data ) ) {
			return self::failure( 'malformed', 'HTTP ' . $status, $status );
		}
		$came = array( 'down' => $status >= 500, 'data' => $data, 'retry_after' => (int) self::first_value( wp_remote_retrieve_header( $response, 'retry-after' ) ) );
		if ( $status >= 200 && $status < 300 ) {
			return array_merge( self::failure( '', '', $status ), $came, array( 'ok' => true ) );
		}
		$slug = str_replace( self::PROBLEM_URN, '', (string) ( $data['type'] ?? 'problem' ) );
		return array_merge( self::failure( $slug, (string) ( $data['detail'] ?? $data['title'] ?? '' ), $status ), $came );
	}

	/** @param string|string[] $header */
	private static function first_value( $header ): string {
		return is_array( $header ) ? (string) reset( $header ) : (string) $header;
	}

	private static function transport_failure( \WP_Error $error ): array {
		$message = $error->get_error_message();
		if ( 'http_request_not_executed' === $error->get_error_code() ) {
			return self::failure( 'blocked', $message );
		}
		return self::failure( false !== stripos( $message, 'timed out' ) ? 'timeout' : 'unreachable', $message );
	}

	public static function failure( string $error, string $detail, int $status = 0 ): array {
		return array(
			'ok'          => false,
			'down'        => true,
			'status'      => $status,
			'error'       => $error,
			'detail'      => trim( $detail ),
			'data'        => array(),
			'retry_after' => 0,
		);
	}

	/**
	 * Failures in a row, when the next call may be made (unix seconds), why, whether that keeps calls from being made, and whether it does now.
	 *
	 * @return array{failures:int,until:int,cause:string,open:bool,paused:bool}
	 */
	public static function breaker(): array {
		$state = ( get_transient( 'escbridge_breaker' ) ?: array() ) + array( 'failures' => 0, 'until' => 0, 'cause' => '' );
		$open  = $state['failures'] >= self::MAX_FAILURES;
		return $state + array( 'open' => $open, 'paused' => $open && time() < $state['until'] );
	}

	/** After the pause one request goes first; the others keep to the degraded path until it came back well. */
	private function is_call_allowed(): bool {
		$state = self::breaker();
		if ( $state['paused'] ) {
			return false;
		}
		if ( $state['open'] ) {
			self::set_breaker( $state['failures'], $state['cause'] );
		}
		return true;
	}

	private function record_outcome( array $answer ): void {
		$before = self::breaker()['failures'];
		if ( ! $answer['down'] ) {
			Outbox::deliver_at_shutdown();
			if ( $before > 0 ) {
				delete_transient( 'escbridge_breaker' );
			}
			return;
		}
		if ( 'not_paired' === $answer['error'] ) {
			return;
		}
		self::set_breaker( $before + 1, (string) $answer['error'] );
		if ( self::MAX_FAILURES === $before + 1 ) {
			/**
			 * Fires when the sidecar has failed three times in a row.
			 *
			 * @param string $cause Short cause, e.g. "unreachable".
			 */
			do_action( 'escbridge_bridge_down', $answer['error'] );
		}
	}

	private static function set_breaker( int $failures, string $cause ): void {
		$state = array( 'failures' => $failures, 'until' => time() + self::BREAKER_SECONDS, 'cause' => $cause );
		set_transient( 'escbridge_breaker', $state, HOUR_IN_SECONDS );
	}
}
