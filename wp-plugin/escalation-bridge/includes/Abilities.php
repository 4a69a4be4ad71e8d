<?php
/**
 * What assistants that work in WordPress may ask (the Abilities API of 6.9 and later): two things to read. None escalates,
 * answers or resolves, for what becomes of a conversation is decided by rules and people.
 */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Abilities {

	const CATEGORY = 'escalation-bridge';
	const STATUS   = array( // What is answered, with its types.
		'connected' => 'boolean',
		'answers'   => 'boolean',
		'cause'     => 'string',
		'scheduler' => 'boolean',
		'waiting'   => 'string',
		'look_at'   => 'string',
	);
	const STATS    = array(
		'conversations' => 'integer',
		'escalated'     => 'integer',
		'rate'          => 'number',
		'band'          => 'string',
		'kept'          => 'integer',
		'broken'        => 'integer',
		'pending'       => 'integer',
	);

	public static function register_category(): void {
		$about = __( 'How the hand-over from the chat’s assistant to people stands.', 'escalation-bridge' );
		wp_register_ability_category( self::CATEGORY, array( 'label' => __( 'Escalation Bridge', 'escalation-bridge' ), 'description' => $about ) );
	}

	public static function register(): void {
		self::register_one(
			'get-status',
			__( 'State of Escalation Bridge', 'escalation-bridge' ),
			__( 'Tells whether the sidecar answers, whether promises are watched, how many people wait, and what a person has to look at.', 'escalation-bridge' ),
			self::STATUS,
			array( self::class, 'status' )
		);
		self::register_one(
			'get-escalation-stats',
			__( 'Rate and promises of the last seven days', 'escalation-bridge' ),
			__( 'Tells which share of the conversations was handed to a person, whether that is healthy, and how many promises were kept, broken or are pending.', 'escalation-bridge' ),
			self::STATS,
			array( self::class, 'stats' )
		);
	}

	/** @param array<string,string> $fields Of the answer, with their types. */
	private static function register_one( string $name, string $label, string $description, array $fields, callable $execute ): void {
		/**
		 * Filters whether an ability is listed in the REST API and offered by MCP servers. Who may call it stays the same.
		 *
		 * @param bool   $listed False.
		 * @param string $name   get-status or get-escalation-stats.
		 */
		$listed = (bool) apply_filters( 'escbridge_ability_listed', false, $name );
		wp_register_ability(
			self::CATEGORY . '/' . $name,
			array(
				'label'               => $label,
				'description'         => $description,
				'category'            => self::CATEGORY,
				'output_schema'       => array(
					'type'                 => 'object',
					'properties'           => array_map( static fn( string $type ): array => compact( 'type' ), $fields ),
					'required'             => array_keys( $fields ),
					'additionalProperties' => false,
				),
				'execute_callback'    => $execute,
				'permission_callback' => static fn(): bool => current_user_can( 'escbridge_manage' ),
				'meta'                => array(
					'show_in_rest' => $listed,
					'mcp'          => array( 'public' => $listed ),
					'annotations'  => array( 'readonly' => true, 'destructive' => false, 'idempotent' => true ),
				),
			)
		);
	}

	public static function status(): array {
		$seen = Stats::recent();
		return array(
			'connected' => null !== Settings::pairing(),
			'answers'   => (bool) $seen['ok'],
			'cause'     => (string) $seen['error'],
			'scheduler' => $seen['ok'] && Stats::scheduler_runs( $seen['data'] ),
			'waiting'   => (string) $seen['open'],
			'look_at'   => Stats::attention_text( $seen ),
		);
	}

	/** @return array<string,float|int|string>|\WP_Error */
	public static function stats() {
		$seen = Stats::recent();
		if ( ! $seen['ok'] ) {
			return new \WP_Error( 'escbridge_unavailable', ConnectionTest::error_text( $seen, Settings::pairing() ) );
		}
		$counts = array( 'conversations' => $seen['data']['now']['sessions'] ) + $seen['data']['now'] + $seen['data']['commitments'];
		return array_intersect_key( $counts, self::STATS );
	}
}
