<?php
/** `wp escbridge …`. Loaded under WP-CLI only; no secret is ever printed. */

declare(strict_types=1);

namespace EscalationBridge;

use WP_CLI;

defined( 'ABSPATH' ) || exit;

/** Asks the sidecar of Escalation Bridge, and pairs this site with it. */
final class Cli {

	/**
	 * Says how things stand: connected, answering, scheduler, breaker, the last seven days. Ends with 1 when something needs a person.
	 *
	 * ## OPTIONS
	 *
	 * [--format=<format>]
	 * : table (the default), json, csv or yaml.
	 *
	 * ## EXAMPLES
	 *
	 *     wp escbridge status --format=json
	 */
	public function status( array $args, array $options ): void {
		$seen    = Stats::fetch( Health::TIMEOUT );
		$pairing = Settings::pairing();
		$breaker = Client::breaker();
		$facts   = array(
			'version'   => ESCBRIDGE_VERSION,
			'paired'    => null === $pairing ? 'no' : 'yes',
			'site'      => null === $pairing ? '' : $pairing['site'],
			'sidecar'   => null === $pairing ? '' : $pairing['url'],
			'answers'   => $seen['ok'] ? 'yes' : (string) $seen['error'],
			'breaker'   => $breaker['open'] ? 'open' : 'closed',
			'scheduler' => $seen['ok'] ? ( Stats::scheduler_runs( $seen['data'] ) ? 'runs' : 'does not run' ) : '',
			'open'      => (string) $seen['open'],
			'rate'      => $seen['ok'] ? Stats::rate_text( $seen['data'] ) . ', ' . Stats::band_text( (string) $seen['data']['now']['band'] ) : '',
			'promises'  => $seen['ok'] ? Stats::commitments_text( $seen['data'] ) : '',
			'look_at'   => Stats::attention_text( $seen ),
		);
		( new WP_CLI\Formatter( $options, array_keys( $facts ) ) )->display_item( $facts );
		self::halt_unless( $seen['ok'] && Stats::scheduler_runs( $seen['data'] ) && '' === $facts['look_at'] );
	}

	/**
	 * Asks with each of the two secrets and tells cause and cure. Ends with 1 unless both are right.
	 *
	 * ## OPTIONS
	 *
	 * [--format=<format>]
	 * : table (the default), json, csv or yaml.
	 */
	public function test( array $args, array $options ): void {
		$test = ConnectionTest::run( Settings::pairing() );
		$told = static fn( array $line ): array => array( 'secret' => $line['scope'], 'ok' => $line['ok'] ? 'yes' : 'no', 'cause' => $line['cause'], 'text' => $line['text'] );
		( new WP_CLI\Formatter( $options, array( 'secret', 'ok', 'cause', 'text' ) ) )->display_items( array_map( $told, $test['lines'] ) );
		self::halt_unless( $test['ok'] );
	}

	/**
	 * Keeps a pairing code, as pasting it under Settings does.
	 *
	 * ## OPTIONS
	 *
	 * <code>
	 * : What `bridge site add` or `bridge site rotate` printed; - reads it from standard input, where no process list or shell history sees it.
	 *
	 * ## EXAMPLES
	 *
	 *     wp escbridge pair - < code.txt
	 */
	public function pair( array $args ): void {
		if ( Settings::is_fixed() ) {
			WP_CLI::error( Settings::fixed_notice() );
		}
		$code  = '-' === $args[0] ? (string) stream_get_contents( STDIN ) : $args[0];
		$fault = Settings::pair( trim( $code ) );
		if ( '' !== $fault ) {
			WP_CLI::error( $fault );
		}
		WP_CLI::success( __( 'The pairing code is kept. “wp escbridge test” tries it.', 'escalation-bridge' ) );
	}

	/**
	 * Renews both secrets. The new ones are tried before they are kept, and the former ones end some minutes later. Ends with 1 unless all of it worked.
	 *
	 * ## EXAMPLES
	 *
	 *     wp escbridge rotate
	 */
	public function rotate(): void {
		$done = Renewal::run();
		if ( ! $done['ok'] ) {
			WP_CLI::error( $done['text'] );
		}
		WP_CLI::success( $done['text'] );
	}

	/**
	 * Says who has a conversation. Ends with 1 when that cannot be told.
	 *
	 * ## OPTIONS
	 *
	 * <id>
	 * : The conversation's id, or the one that your own chat gave it.
	 *
	 * [--format=<format>]
	 * : table (the default), json, csv or yaml.
	 */
	public function session( array $args, array $options ): void {
		$id    = escbridge_session_id( $args[0] );
		$page  = Plugin::bridge()->events( $id, 0 );
		$facts = array(
			'session'     => $id,
			'state'       => (string) $page['state'],
			'locked_here' => null === Plugin::bridge()->known_lock( $id ) ? 'no' : 'yes',
			'escalation'  => (string) ( $page['escalation']['id'] ?? '' ),
			'promise'     => (string) ( $page['escalation']['commitment']['text'] ?? '' ),
			'error'       => (string) $page['error'],
		);
		( new WP_CLI\Formatter( $options, array_keys( $facts ) ) )->display_item( $facts );
		self::halt_unless( '' === $facts['error'] );
	}

	/**
	 * Sends what has changed of the site's published pages to the sidecar, for its assistant to answer from. Ends with 1 when that fails.
	 *
	 * ## OPTIONS
	 *
	 * [--all]
	 * : Everything, whether it has changed or not.
	 *
	 * ## EXAMPLES
	 *
	 *     wp escbridge knowledge --all
	 */
	public function knowledge( array $args, array $options ): void {
		if ( ! Pages::is_on() ) {
			WP_CLI::error( __( 'Answers from the pages of this site are switched off under Settings > Escalation Bridge.', 'escalation-bridge' ) );
		}
		if ( isset( $options['all'] ) ) {
			Pages::mark_all_changed();
		}
		do {
			$told = Pages::sync_step( 10.0 );
			WP_CLI::line( Pages::summary() );
		} while ( $told['left'] && '' === $told['error'] );
		self::halt_unless( '' === $told['error'] );
	}

	private static function halt_unless( bool $well ): void {
		if ( ! $well ) {
			WP_CLI::halt( 1 );
		}
	}
}
