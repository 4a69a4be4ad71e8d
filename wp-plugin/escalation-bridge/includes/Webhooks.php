<?php
/**
 * A helpdesk's calls, handed on to the sidecar as they came: WordPress can be reached from outside, the sidecar need not be.
 *
 * No signature is judged here. The helpdesk signs what it sends, and the sidecar alone knows the secret.
 */

declare(strict_types=1);

namespace EscalationBridge;

use WP_REST_Request;
use WP_REST_Response;

defined( 'ABSPATH' ) || exit;

final class Webhooks {

	const ROUTE     = '/hooks/(?P<desk>[a-z]{2,20})';
	const MAX_BODY  = 1048576;
	const FORWARDED = '/^(content-type$|x-zendesk-webhook-|x-hubspot-|x-hub-signature|x-chatwoot-|x-zammad-|linear-|webhook-|x-bridge-hook-)/';

	public static function register(): void {
		$both = array( 'permission_callback' => array( self::class, 'check_size' ), 'show_in_index' => false );
		$post = array( 'methods' => 'POST', 'callback' => array( self::class, 'forward' ) );
		$head = array( 'methods' => 'HEAD', 'callback' => static fn(): WP_REST_Response => new WP_REST_Response() ); // Some helpdesks look whether there is an address before they take it.
		register_rest_route( Rest::REST_NAMESPACE, self::ROUTE, array( $post + $both, $head + $both ) );
	}

	/** Anybody may call, in measure; whether a signature is the helpdesk's only the sidecar can tell. */
	public static function check_size( WP_REST_Request $request ) {
		$large = strlen( $request->get_body() ) > self::MAX_BODY; // Calls are not counted here: WordPress asks this again for each method, for a header.
		return $large ? Rest::error( 'escbridge_too_large', __( 'That message is too long.', 'escalation-bridge' ), 413 ) : true;
	}

	public static function forward( WP_REST_Request $request ) {
		$wait = Limits::hit( 'hooks', Limits::visitor_address() );
		if ( $wait > 0 ) {
			return Rest::too_many( $wait );
		}
		$carried = self::forwarded_headers( $request );
		if ( ! array_diff_key( $carried, array( 'content-type' => '' ) ) ) {
			return Rest::error( 'escbridge_unsigned', __( 'This call is not signed.', 'escalation-bridge' ), 401 );
		}
		$answer = Plugin::client()->forward_webhook( $request->get_url_params()['desk'], $carried, $request->get_body() );
		if ( 0 === $answer['status'] || $answer['status'] >= 500 ) {
			return Rest::error( 'escbridge_unavailable', __( 'This cannot be taken just now; send it again later.', 'escalation-bridge' ), 503 );
		}
		return new WP_REST_Response( $answer['data'], $answer['status'] );
	}

	private static function forwarded_headers( WP_REST_Request $request ): array {
		$carried = array();
		foreach ( $request->get_headers() as $name => $values ) {
			$name = str_replace( '_', '-', $name );
			if ( preg_match( self::FORWARDED, $name ) ) {
				$carried[ $name ] = (string) reset( $values );
			}
		}
		return $carried;
	}
}
