<?php
/**
 * What our commands use of WP-CLI, in front of a real WordPress: php wp_cli.php ROOT HOST COMMAND SUBCOMMAND [ARGUMENT…]
 *
 * @package EscalationBridge
 */

declare(strict_types=1);

namespace WP_CLI {

	/** In JSON as WP-CLI does it; the table is plain lines. */
	final class Formatter {

		/** @var string */
		private $format;

		/** @var string[] */
		private $fields;

		public function __construct( array &$options, array $fields ) {
			$this->format = $options['format'] ?? 'table';
			$this->fields = $fields;
		}

		public function display_item( array $item ): void {
			if ( 'json' === $this->format ) {
				echo json_encode( $item ), "\n";
				return;
			}
			foreach ( $this->fields as $field ) {
				echo "$field\t$item[$field]\n";
			}
		}

		public function display_items( array $items ): void {
			if ( 'json' === $this->format ) {
				echo json_encode( $items ), "\n";
				return;
			}
			foreach ( $items as $item ) {
				echo implode( "\t", array_map( static fn( string $field ): string => $item[ $field ], $this->fields ) ), "\n";
			}
		}
	}
}

namespace {

	final class WP_CLI {

		/** @var array<string,class-string> */
		public static $commands = array();

		public static function add_command( string $name, string $class_name ): void {
			self::$commands[ $name ] = $class_name;
		}

		public static function line( string $text ): void {
			echo $text, "\n";
		}

		public static function success( string $text ): void {
			echo "Success: $text\n";
		}

		public static function error( string $text ): void {
			fwrite( STDERR, "Error: $text\n" );
			exit( 1 );
		}

		public static function halt( int $code ): void {
			exit( $code );
		}
	}

	define( 'WP_CLI', true );
	list( , $root, $_SERVER['HTTP_HOST'], $command, $subcommand ) = $argv;
	$_SERVER['REQUEST_URI'] = '/';
	require $root . '/wp-load.php';

	$arguments = array();
	$options   = array();
	foreach ( array_slice( $argv, 5 ) as $argument ) {
		if ( preg_match( '/^--(\w+)(?:=(.*))?$/s', $argument, $part ) ) {
			$options[ $part[1] ] = $part[2] ?? true;
		} else {
			$arguments[] = $argument;
		}
	}
	( new WP_CLI::$commands[ $command ]() )->$subcommand( $arguments, $options );
}
