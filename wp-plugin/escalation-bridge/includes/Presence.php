<?php
/** "I am here": a switch of each person's own, renewed by WordPress's Heartbeat for as long as a page of wp-admin is open. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Presence {

	const META_KEY = 'escbridge_here'; // With the site's id behind it on the further sites of a network.
	const TTL      = 270;              // Seconds. In a tab that nobody looks at the Heartbeat comes every 120 s, so one may be lost.

	public static function enqueue_assets( $hook = '' ): void {
		$ours = 'toplevel_page_' . Admin::PAGE === $hook;
		if ( ! current_user_can( 'escbridge_manage' ) || ! Settings::is_paired() || ! ( $ours || self::is_on() ) ) {
			return;
		}
		wp_enqueue_script( 'escbridge-presence', plugins_url( 'assets/presence.js', ESCBRIDGE_FILE ), array( 'heartbeat', 'wp-hooks' ), ESCBRIDGE_VERSION, true );
		$config = array(
			'url'   => esc_url_raw( rest_url( Rest::REST_NAMESPACE . '/presence' ) ),
			'nonce' => wp_create_nonce( 'wp_rest' ),
			'on'    => self::is_on(),
			'text'  => self::is_on() ? '' : self::away_text(),
		);
		wp_add_inline_script( 'escbridge-presence', 'window.escbridgePresence=' . wp_json_encode( $config ) . ';', 'before' );
	}

	/** Users are one for a whole network, but each is here for a site. */
	private static function meta_key(): string {
		return self::META_KEY . ( is_main_site() ? '' : '_' . get_current_blog_id() );
	}

	private static function is_on(): bool {
		return (bool) get_user_meta( get_current_user_id(), self::meta_key(), true );
	}

	public static function show(): void {
		echo '<div class="escbridge-presence"><label><input type="checkbox" role="switch" id="escbridge-available" disabled><span class="escbridge-track" aria-hidden="true"></span> ';
		echo esc_html__( 'I am here for live chats', 'escalation-bridge' ) . '</label> <span id="escbridge-presence-text" role="status">';
		echo esc_html__( 'This switch needs JavaScript and WordPress’s Heartbeat, which is off on this site.', 'escalation-bridge' ) . '</span></div>';
	}

	/** What the switch says now. @return array{ok:bool,on:bool,text:string} */
	public static function set_available( bool $available ): array {
		if ( $available ) {
			update_user_meta( get_current_user_id(), self::meta_key(), '1' );
		} else {
			delete_user_meta( get_current_user_id(), self::meta_key() );
		}
		return self::announce( $available );
	}

	public static function on_heartbeat( $response, $data ) {
		if ( ! empty( $data['escbridge'] ) && current_user_can( 'escbridge_manage' ) ) {
			$told     = self::is_on() ? self::announce( true ) : self::status( true, false, self::away_text() );
			$response = array( 'escbridge' => $told ) + (array) $response;
		}
		return $response;
	}

	private static function announce( bool $available ): array {
		$agent  = Admin::agent();
		$client = Plugin::client();
		$answer = $client->admin(
			'PUT',
			Client::with_home( '/v1/agents/' . rawurlencode( $agent['id'] ) . '/presence' ),
			array( 'available' => $available, 'queues' => array(), 'capacity' => 3, 'name' => $agent['name'], 'ttl_s' => self::TTL )
		);
		if ( ! $answer['ok'] ) {
			return self::status( false, $available, Admin::error_text( (string) $answer['error'] ) );
		}
		if ( ! $available ) {
			return self::status( true, false, self::away_text() );
		}
		$here = array_column( (array) ( $client->admin( 'GET', '/v1/agents' )['data']['agents'] ?? array() ), 'name', 'id' );
		if ( ! isset( $here[ $agent['id'] ] ) ) {
			return self::status( true, true, __( 'A chat that was offered to you was not taken, so you count as away for a while. Switch off and on again when you are back.', 'escalation-bridge' ) );
		}
		$until = wp_date( get_option( 'time_format' ), (int) strtotime( (string) $answer['data']['expires_at'] ) );
		/* translators: 1: names, 2: time of day */
		return self::status( true, true, sprintf( __( 'Seen as here: %1$s. You until %2$s, and longer while a page of wp-admin is open.', 'escalation-bridge' ), implode( ', ', $here ), $until ) );
	}

	private static function away_text(): string {
		return __( 'You are away: nobody is connected to you.', 'escalation-bridge' );
	}

	private static function status( bool $ok, bool $on, string $text ): array {
		return array( 'ok' => $ok, 'on' => $on, 'text' => $text );
	}
}
