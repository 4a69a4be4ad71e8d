<?php
/**
 * An object cache as hosts have them, of no good: with ESCBRIDGE_CACHE_FORGETS it knows nothing of the request before, and of this one two things in
 * three; else it keeps all in a file and lets go of nothing when its time is over.
 */
declare(strict_types=1);

define( 'ESCBRIDGE_CACHE_FORGETS', is_file( WP_CONTENT_DIR . '/cache-forgets' ) );
define( 'ESCBRIDGE_CACHE_FILE', WP_CONTENT_DIR . '/cache.bin' );

class WP_Object_Cache {
	public $kept = array();

	public function load(): void {
		if ( ! ESCBRIDGE_CACHE_FORGETS ) {
			$this->kept = is_file( ESCBRIDGE_CACHE_FILE ) ? unserialize( file_get_contents( ESCBRIDGE_CACHE_FILE ) ) : array();
		}
	}

	public function change( string $name, $value ): bool {
		$this->load();
		$this->kept[ $name ] = $value;
		return ESCBRIDGE_CACHE_FORGETS || (bool) file_put_contents( ESCBRIDGE_CACHE_FILE, serialize( array_filter( $this->kept, static fn( $one ) => null !== $one ) ), LOCK_EX );
	}

	public function has( string $name ): bool {
		return isset( $this->kept[ $name ] ) && ! ( ESCBRIDGE_CACHE_FORGETS && 0 === mt_rand( 0, 2 ) );
	}
}

function wp_cache_init() {
	wp_using_ext_object_cache( true );
	$GLOBALS['wp_object_cache'] = new WP_Object_Cache();
	$GLOBALS['wp_object_cache']->load();
}

function wp_cache_get( $key, $group = '', $force = false, &$found = null ) {
	global $wp_object_cache;
	$force && $wp_object_cache->load();
	$found = $wp_object_cache->has( "$group:$key" );
	$value = $found ? $wp_object_cache->kept[ "$group:$key" ] : false;
	return is_object( $value ) ? clone $value : $value;
}

function wp_cache_set( $key, $value, $group = '', $expire = 0 ) {
	return $GLOBALS['wp_object_cache']->change( "$group:$key", is_object( $value ) ? clone $value : $value );
}

function wp_cache_add( $key, $value, $group = '', $expire = 0 ) {
	return ! wp_suspend_cache_addition() && ! $GLOBALS['wp_object_cache']->has( "$group:$key" ) && wp_cache_set( $key, $value, $group );
}

function wp_cache_replace( $key, $value, $group = '', $expire = 0 ) {
	return $GLOBALS['wp_object_cache']->has( "$group:$key" ) && wp_cache_set( $key, $value, $group );
}

function wp_cache_delete( $key, $group = '' ) {
	return $GLOBALS['wp_object_cache']->change( "$group:$key", null );
}

function wp_cache_incr( $key, $by = 1, $group = '' ) {
	return wp_cache_set( $key, (int) wp_cache_get( $key, $group ) + $by, $group );
}

function wp_cache_decr( $key, $by = 1, $group = '' ) {
	return wp_cache_incr( $key, -$by, $group );
}

function wp_cache_flush() {
	$GLOBALS['wp_object_cache']->kept = array();
	return ! is_file( ESCBRIDGE_CACHE_FILE ) || unlink( ESCBRIDGE_CACHE_FILE );
}

function wp_cache_close() {
	return true;
}

function wp_cache_add_global_groups( $groups ) {}

function wp_cache_add_non_persistent_groups( $groups ) {}

function wp_cache_switch_to_blog( $blog ) {}
