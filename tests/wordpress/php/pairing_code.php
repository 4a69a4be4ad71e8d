<?php
/**
 * What counts as a pairing code.
 *
 * @package EscalationBridge
 */

declare(strict_types=1);

require __DIR__ . '/stubs.php';

use EscalationBridge\Settings;
use EscalationBridge\Signer;

$whole = array(
	'url'          => 'https://bridge.shop.example/v',
	'site'         => 'shop-1',
	'chat_secret'  => str_repeat( 'c', 32 ),
	'admin_secret' => str_repeat( 'a', 32 ),
);
$code  = static function ( array $data ): string {
	return 'esc1.' . Signer::base64url( (string) json_encode( $data ) );
};

check( Settings::decode( $code( $whole ) ) === $whole, 'a whole code is read' );
check( Settings::decode( "  {$code( $whole )}\n" ) === $whole, 'spaces around it do no harm' );
check( Settings::decode( '"' . wordwrap( $code( $whole ), 76, "\r\n ", true ) . '"' ) === $whole, 'line breaks and quotes inside it do no harm' );
check( Settings::decode( $code( $whole ) . '=' ) === $whole, 'padding does no harm' );
foreach ( array( "\u{201c}%s\u{201d}", '`%s`', "\u{200b}%s\u{a0}", "\u{201e}%s\u{201c}.", "'%s'," ) as $around ) {
	check( Settings::decode( sprintf( $around, $code( $whole ) ) ) === $whole, "what a letter or a chat sets around it does no harm: $around" );
}
check( Settings::decode( wordwrap( $code( $whole ), 60, "\u{a0}", true ) ) === $whole, 'spaces that do not break do no harm' );
check( null === Settings::decode( substr_replace( $code( $whole ), '…', 40, 30 ) ), 'a shortened code is no code' );
check( null === Settings::decode( '' ), 'nothing is no code' );
check( null === Settings::decode( 'esc2.' . substr( $code( $whole ), 5 ) ), 'another version is no code' );
check( null === Settings::decode( substr( $code( $whole ), 0, -20 ) ), 'a cut code is no code' );
foreach ( array_keys( $whole ) as $key ) {
	check( null === Settings::decode( $code( array_diff_key( $whole, array( $key => 1 ) ) ) ), "no code without $key" );
}
$unfit = array(
	array( 'chat_secret' => 'short' ),
	array( 'admin_secret' => '' ),
	array( 'url' => 'ftp://bridge.example' ),
	array( 'url' => 'https://user:pass@bridge.example' ),
	array( 'url' => 'https://bridge.example/?x=1' ),
	array( 'url' => 'https://bridge.example/a b' ),
	array( 'site' => "a\nX-Evil: 1" ),
);
foreach ( $unfit as $change ) {
	check( null === Settings::decode( $code( array_merge( $whole, $change ) ) ), 'unfit: ' . json_encode( $change ) );
}
echo "ok\n";
