<?php
/** Tools > Site Health: five tests, asked for by the page once it stands, and a section of the debug information. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Health {

	const TESTS   = array( 'answers', 'alarms', 'kept', 'addresses', 'guests' );
	const TIMEOUT = 5.0; // Seconds. Nobody's page waits for these calls.
	const BARRED  = 'escbridge_barred'; // An option: the status that a message was refused with; and, with .lock, a lock: since when the owner knows.

	public static function register(): void {
		register_rest_route(
			Rest::REST_NAMESPACE,
			'/site-health/(?P<test>' . implode( '|', self::TESTS ) . ')',
			array(
				'methods'             => 'GET',
				'callback'            => static fn( \WP_REST_Request $request ): \WP_REST_Response => new \WP_REST_Response( self::result( $request->get_url_params()['test'] ), 200 ),
				'permission_callback' => static fn(): bool => current_user_can( 'view_site_health_checks' ),
				'show_in_index'       => false,
			)
		);
	}

	/** @param array<string,array<string,mixed>> $tests */
	public static function add_tests( $tests ): array {
		$tests = (array) $tests;
		foreach ( Settings::is_paired() ? self::TESTS : array( 'answers' ) as $name ) {
			$tests['async'][ 'escbridge_' . $name ] = array(
				'label'             => __( 'Escalation Bridge', 'escalation-bridge' ),
				'test'              => rest_url( Rest::REST_NAMESPACE . '/site-health/' . $name ),
				'has_rest'          => true,
				'async_direct_test' => static fn(): array => self::result( $name ),
			);
		}
		return $tests;
	}

	/** What Site Health shows of a test; each answers with status, label and lines. */
	private static function result( string $name ): array {
		list( $status, $label, $lines ) = null === Settings::pairing() ? self::unpaired() : self::{ 'test_' . $name }();
		list( $url, $more )             = in_array( $name, array( 'alarms', 'kept' ), true )
			? array( Admin::url(), __( 'Escalations', 'escalation-bridge' ) )
			: array( Settings::url(), __( 'Settings of Escalation Bridge', 'escalation-bridge' ) );
		return array(
			'test'        => 'escbridge_' . $name,
			'label'       => $label,
			'status'      => $status,
			'description' => '<p>' . implode( '</p><p>', array_map( 'esc_html', $lines ) ) . '</p>',
			'actions'     => '<p><a href="' . esc_url( $url ) . '">' . esc_html( $more ) . '</a></p>',
			'badge'       => array( 'label' => __( 'Escalation Bridge', 'escalation-bridge' ), 'color' => 'blue' ),
		);
	}

	private static function unpaired(): array {
		return array( 'recommended', __( 'Escalation Bridge is not connected', 'escalation-bridge' ), array( Settings::unpaired_text() ) );
	}

	private static function test_answers(): array {
		$test  = ConnectionTest::run( Settings::pairing() );
		$lines = array_values( array_unique( array_column( $test['lines'], 'text' ) ) );
		if ( ! $test['ok'] ) {
			return array( 'critical', __( 'Escalation Bridge does not answer', 'escalation-bridge' ), $lines );
		}
		$seen = Stats::fetch( self::TIMEOUT );
		if ( $seen['ok'] && ! Stats::scheduler_runs( $seen['data'] ) ) {
			return array( 'critical', __( 'The scheduler of Escalation Bridge does not run', 'escalation-bridge' ), $lines );
		}
		if ( in_array( true, array_column( $test['lines'], 'misplaced' ), true ) ) {
			return array( 'recommended', __( 'Escalation Bridge answers, but the pairing code is for another address', 'escalation-bridge' ), $lines );
		}
		return in_array( true, array_column( $test['lines'], 'skewed' ), true )
			? array( 'recommended', __( 'Escalation Bridge answers, but the clocks differ', 'escalation-bridge' ), $lines )
			: array( 'good', __( 'Escalation Bridge answers', 'escalation-bridge' ), $lines );
	}

	private static function test_alarms(): array {
		$seen = Stats::fetch( self::TIMEOUT );
		if ( ! $seen['ok'] ) {
			return array( 'recommended', __( 'Whether Escalation Bridge raises an alarm cannot be told', 'escalation-bridge' ), array( __( 'The sidecar did not answer, so it could not be asked.', 'escalation-bridge' ) ) );
		}
		$lines = Stats::problems( $seen['data'] );
		if ( ! $lines ) {
			return array( 'good', __( 'Escalation Bridge raises no alarm', 'escalation-bridge' ), array( __( 'No alarm stands, and nothing is parked.', 'escalation-bridge' ) ) );
		}
		return empty( $seen['data']['alarms'] )
			? array( 'recommended', __( 'Escalation Bridge could not deliver something', 'escalation-bridge' ), $lines )
			: array( 'critical', __( 'Escalation Bridge raises an alarm', 'escalation-bridge' ), $lines );
	}

	private static function test_kept(): array {
		$waiting = Outbox::count();
		$refused = Outbox::count( array( 'post_status' => Outbox::REFUSED ) );
		if ( 0 === $waiting ) {
			return array( 'good', __( 'No chat message waits for Escalation Bridge', 'escalation-bridge' ), array( __( 'What visitors send while the sidecar is away is kept in WordPress and delivered later.', 'escalation-bridge' ) ) );
		}
		return array(
			'critical',
			/* translators: %d: number of messages */
			sprintf( _n( '%d chat message waits for Escalation Bridge', '%d chat messages wait for Escalation Bridge', $waiting, 'escalation-bridge' ), $waiting ),
			array_filter(
				array(
					$waiting > $refused ? __( 'Visitors sent this while the sidecar could not be reached. It is delivered as soon as the sidecar answers again; until then it can be read under Escalations.', 'escalation-bridge' ) : '',
					$refused > 0 ? Outbox::refused_text() : '',
				)
			)
		);
	}

	private static function test_addresses(): array {
		if ( ! Limits::is_behind_proxy() ) {
			return array( 'good', __( 'Escalation Bridge tells visitors apart by their addresses', 'escalation-bridge' ), array( __( 'How many chats one address may begin is limited.', 'escalation-bridge' ) ) );
		}
		$lines = array(
			__( 'Your request came through a proxy (Cloudflare, a load balancer), and WordPress sees its address instead of yours. Then all visitors together may begin no more chats in ten minutes than one of them should.', 'escalation-bridge' ),
			__( 'Have the web server restore the visitors’ addresses (mod_remoteip in Apache, real_ip in nginx), or tell them by the filter escbridge_visitor_address: see “Behind a proxy” in the plugin’s documentation.', 'escalation-bridge' ),
		);
		return array( 'recommended', __( 'Escalation Bridge may take all visitors for one', 'escalation-bridge' ), $lines );
	}

	/** Calls the chat's own route as a visitor's browser would, without a log-in and with another conversation's token: the refusal has to be ours. */
	private static function test_guests(): array {
		$headers = array( 'Content-Type' => 'application/json', 'Origin' => home_url(), 'X-Escbridge-Token' => Rest::new_token( str_repeat( 'y', 16 ), 0, false )['token'] );
		$answer  = wp_remote_post( rest_url( Rest::REST_NAMESPACE . '/sessions/' . str_repeat( 'x', 16 ) . '/close' ), array( 'timeout' => self::TIMEOUT, 'body' => '{}' ) + compact( 'headers' ) );
		if ( is_wp_error( $answer ) ) {
			return array( 'recommended', __( 'Whether visitors who are not logged in can use the chat cannot be told', 'escalation-bridge' ), array( __( 'WordPress did not reach itself:', 'escalation-bridge' ) . ' ' . $answer->get_error_message() ) );
		}
		$body = ltrim( wp_remote_retrieve_body( $answer ), "\xEF\xBB\xBF" ); // Browsers skip a byte order mark.
		$data = json_decode( $body, true );
		$code = is_string( $data['code'] ?? null ) ? $data['code'] : ''; // A firewall's own answer may have a number there.
		if ( 'escbridge_other_session' === $code ) {
			return get_option( self::BARRED . '.lock' ) > time() - WEEK_IN_SECONDS
				? array( 'recommended', __( 'Some messages of chat visitors do not reach WordPress', 'escalation-bridge' ), self::barred_lines() )
				: array( 'good', __( 'Visitors who are not logged in can use the chat', 'escalation-bridge' ), array( __( 'Their calls reach the plugin.', 'escalation-bridge' ) ) );
		}
		return array( 'critical', __( 'Visitors who are not logged in cannot use the chat', 'escalation-bridge' ), array( self::why_no_guests( $code, $body, (int) wp_remote_retrieve_response_code( $answer ) ) ) );
	}

	/** A browser tells, with a call that gets through, what one of its messages was refused with in front of WordPress. Once a week the owner hears of it. */
	public static function note_barred( int $status ): void {
		if ( $status > 399 && $status < 600 && Outbox::lock( self::BARRED, WEEK_IN_SECONDS ) ) {
			update_option( self::BARRED, $status, false );
			add_action( 'shutdown', static fn() => Fallback::notify_barred( self::barred_lines() ) );
		}
	}

	/** @return string[] */
	private static function barred_lines(): array {
		return array(
			/* translators: %d: HTTP status */
			sprintf( __( 'In the last seven days something in front of WordPress refused a visitor’s message (HTTP %d): most likely a firewall that minds a word of it. The visitor was asked to put it in other words, or to leave an address.', 'escalation-bridge' ), get_option( self::BARRED ) ),
			/* translators: %s: beginning of an address */
			sprintf( __( 'The log of the firewall (of a security plugin, of your host, of Cloudflare) names its rule. Let it make an exception for addresses that begin with %s.', 'escalation-bridge' ), rest_url( Rest::REST_NAMESPACE ) ),
		);
	}

	private static function why_no_guests( string $code, string $body, int $status ): string {
		$lost   = array( 'escbridge_token_expired' => 'X-Escbridge-Token', 'escbridge_foreign_origin' => 'Origin' );
		$beside = preg_replace( '/\{"code":"escbridge_other_session".*?\}\}/s', '', $body );
		if ( isset( $lost[ $code ] ) ) {
			/* translators: %s: name of a header */
			return sprintf( __( 'Their calls arrive without the header %s, or with another value: a proxy, a firewall or a security plugin changes it. Have it let this header through as browsers send it.', 'escalation-bridge' ), $lost[ $code ] );
		}
		if ( $beside !== $body ) {
			/* translators: %s: what is printed */
			return sprintf( __( 'Browsers cannot read the plugin’s answers, since something else is printed beside them: “%s”. Where that is a message of PHP, switch WP_DEBUG_DISPLAY off in wp-config.php; else switch other plugins off, one after the other, until it is gone.', 'escalation-bridge' ), mb_substr( wp_strip_all_tags( (string) $beside ), 0, 200 ) );
		}
		/* translators: 1: HTTP status and error code, 2: beginning of an address */
		return sprintf( __( 'Something in front of the plugin answers them (%1$s): a plugin that closes the REST API to guests, a firewall or a password of the web server. Let it make an exception for addresses that begin with %2$s.', 'escalation-bridge' ), trim( "HTTP {$status} {$code}" ), rest_url( Rest::REST_NAMESPACE ) );
	}

	/** No secret, not even a part of one; the address is left out of what the owner copies. */
	public static function debug_information( $info ): array {
		$pairing = Settings::pairing();
		$fields  = array(
			'version' => self::field( __( 'Version', 'escalation-bridge' ), ESCBRIDGE_VERSION ),
			'paired'  => self::field( __( 'Connected', 'escalation-bridge' ), null === $pairing ? __( 'no', 'escalation-bridge' ) : __( 'yes', 'escalation-bridge' ), null === $pairing ? 'no' : 'yes' ),
		);
		if ( null !== $pairing ) {
			$fields += self::sidecar_fields( $pairing, Stats::recent() );
		}
		return (array) $info + array( 'escalation-bridge' => array( 'label' => __( 'Escalation Bridge', 'escalation-bridge' ), 'fields' => $fields ) );
	}

	private static function sidecar_fields( array $pairing, array $seen ): array {
		$answer  = $seen['ok'] ? 'HTTP ' . $seen['status'] : trim( $seen['error'] . ' ' . ( $seen['status'] ? 'HTTP ' . $seen['status'] : '' ) );
		$breaker = Client::breaker();
		/* translators: 1: number of failures, 2: cause */
		$paused = sprintf( __( 'no calls for visitors after %1$d failures (%2$s)', 'escalation-bridge' ), $breaker['failures'], $breaker['cause'] );
		return array(
			'kept'      => self::field( __( 'Messages waiting in WordPress', 'escalation-bridge' ), (string) Outbox::count() ),
			'kept_in'   => self::field( __( 'Pairing code kept in', 'escalation-bridge' ), Settings::is_fixed() ? Settings::fixed_name() : __( 'the database', 'escalation-bridge' ) ),
			'site'      => self::field( __( 'Site id', 'escalation-bridge' ), $pairing['site'] ),
			'address'   => array( 'private' => true ) + self::field( __( 'Address of the sidecar', 'escalation-bridge' ), $pairing['url'] ),
			'answer'    => self::field( __( 'Last answer', 'escalation-bridge' ), gmdate( 'Y-m-d\TH:i:s\Z', (int) $seen['at'] ) . ' ' . $answer ),
			'breaker'   => self::field( __( 'Breaker', 'escalation-bridge' ), $breaker['open'] ? $paused : __( 'closed: visitors are served', 'escalation-bridge' ), $breaker['open'] ? 'open: ' . $breaker['cause'] : 'closed' ),
			'pages'     => self::field( __( 'Pages to answer from', 'escalation-bridge' ), Pages::is_on() ? Pages::summary() : __( 'switched off', 'escalation-bridge' ), Pages::is_on() ? (string) wp_json_encode( array( 'dirty' => count( Pages::state()['dirty'] ) ) + Pages::state() ) : 'off' ),
			'scheduler' => self::field( __( 'Scheduler', 'escalation-bridge' ), $seen['ok'] ? ( Stats::scheduler_runs( $seen['data'] ) ? __( 'runs', 'escalation-bridge' ) : __( 'does not run', 'escalation-bridge' ) ) : __( 'not known', 'escalation-bridge' ) ),
			'waiting'   => self::field( __( 'Open escalations', 'escalation-bridge' ), '' === $seen['open'] ? __( 'not known', 'escalation-bridge' ) : (string) $seen['open'] ),
		);
	}

	/** @return array{label:string,value:string,debug:string} */
	private static function field( string $label, string $value, string $debug = '' ): array {
		return array( 'label' => $label, 'value' => $value, 'debug' => '' === $debug ? $value : $debug );
	}
}
