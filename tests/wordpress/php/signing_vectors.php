<?php
/**
 * Every vector in PHP: php signing_vectors.php VECTORS.json
 *
 * @package EscalationBridge
 */

declare(strict_types=1);

require __DIR__ . '/stubs.php';

use EscalationBridge\Signer;

$vectors = json_decode( (string) file_get_contents( $argv[1] ), true );
$checked = 0;

foreach ( $vectors['requests'] as $case ) {
	$text = Signer::request_text( $case['method'], $case['target'], (string) $case['timestamp'], $case['nonce'], base64_decode( $case['body_base64'] ) );
	check( $text === $case['canonical'], $case['id'] . ': canonical text' );
	check( Signer::sign( $case['signs_with'], Signer::REQUEST_SALT, $text ) === $case['signature'], $case['id'] . ': signature' );
	++$checked;
}
foreach ( $vectors['responses'] as $case ) {
	$text = Signer::response_text( $case['status'], $case['request_nonce'], base64_decode( $case['body_base64'] ) );
	check( $text === $case['canonical'], $case['id'] . ': canonical text' );
	check( Signer::verify( $case['secret'], Signer::RESPONSE_SALT, $text, $case['signature'] ), $case['id'] . ': accepted' );
	check( ! Signer::verify( $case['secret'] . 'x', Signer::RESPONSE_SALT, $text, $case['signature'] ), $case['id'] . ': refused under another secret' );
	++$checked;
}
foreach ( $vectors['verify'] as $case ) {
	if ( 1 !== count( $case['secrets'] ) ) {
		continue; // The plugin has one secret at a time.
	}
	$salt = 'response' === $case['kind'] ? Signer::RESPONSE_SALT : Signer::REQUEST_SALT;
	check( Signer::verify( $case['secrets'][0], $salt, $case['canonical'], $case['signature'] ) === $case['accept'], $case['id'] );
	++$checked;
}
foreach ( $vectors['visitor_tokens'] as $case ) {
	list( , $session, $user, $expiry ) = explode( ':', $case['text'] );
	check( Signer::visitor_token( $case['key'], $session, (int) $user, (int) $expiry ) === $case['token'], $case['id'] . ': token' );
	$read = Signer::read_visitor_token( $case['key'], $case['token'], (int) $expiry - 1 );
	check( null !== $read && $read['session'] === $session && $read['user_id'] === (int) $user, $case['id'] . ': read' );
	check( null === Signer::read_visitor_token( $case['key'], $case['token'], (int) $expiry ), $case['id'] . ': expired' );
	check( null === Signer::read_visitor_token( $case['key'], str_replace( ':' . $user . ':', ':9:', $case['token'] ), 0 ), $case['id'] . ': another user' );
	check( null === Signer::read_visitor_token( $case['key'] . 'x', $case['token'], 0 ), $case['id'] . ': another key' );
	++$checked;
}
echo $checked, "\n";
