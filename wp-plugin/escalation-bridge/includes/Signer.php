<?php
/** Signatures of the calls between the site and the sidecar, and the visitor's token. Pure: no state, no clock. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Signer {

	const REQUEST_SALT  = 'bridge.request.v1';
	const RESPONSE_SALT = 'bridge.response.v1';
	const VISITOR_SALT  = 'escbridge.visitor.v1';

	public static function request_text( string $method, string $target, string $timestamp, string $nonce, string $body ): string {
		return implode( "\n", array( 'v1', $method, $target, $timestamp, $nonce, hash( 'sha256', $body ) ) );
	}

	public static function response_text( int $status, string $nonce, string $body ): string {
		return implode( "\n", array( 'v1', (string) $status, $nonce, hash( 'sha256', $body ) ) );
	}

	/** Base64url, without padding, of HMAC-SHA256 under a key derived from the secret; the secret is text and is not decoded. */
	public static function sign( string $secret, string $salt, string $text ): string {
		$key = hash_hmac( 'sha256', $salt, $secret, true );
		return self::base64url( hash_hmac( 'sha256', $text, $key, true ) );
	}

	public static function verify( string $secret, string $salt, string $text, string $signature ): bool {
		return '' !== $secret && hash_equals( self::sign( $secret, $salt, $text ), $signature );
	}

	/** A stateless token for one conversation. $user_id 0 is a guest, $expiry is in unix seconds. */
	public static function visitor_token( string $key, string $session, int $user_id, int $expiry ): string {
		$text = "v1:{$session}:{$user_id}:{$expiry}";
		return $text . '.' . self::sign( $key, self::VISITOR_SALT, $text );
	}

	/**
	 * What a visitor's token says, or null when it is forged, malformed or expired.
	 *
	 * @return array{session:string,user_id:int,expiry:int}|null
	 */
	public static function read_visitor_token( string $key, string $token, int $now ): ?array {
		if ( ! preg_match( '/^(v1:([A-Za-z0-9_-]{16,64}):(\d{1,18}):(\d{1,12}))\.([A-Za-z0-9_-]{43})$/D', $token, $part ) ) {
			return null;
		}
		if ( ! self::verify( $key, self::VISITOR_SALT, $part[1], $part[5] ) || (int) $part[4] <= $now ) {
			return null;
		}
		return array( 'session' => $part[2], 'user_id' => (int) $part[3], 'expiry' => (int) $part[4] );
	}

	public static function base64url( string $bytes ): string {
		return rtrim( strtr( base64_encode( $bytes ), '+/', '-_' ), '=' );
	}
}
