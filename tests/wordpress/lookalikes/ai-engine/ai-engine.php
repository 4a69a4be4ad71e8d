<?php
/**
 * Plugin Name: Look-alike of AI Engine
 * Description: For tests only. It calls the hooks of AI Engine 3.6.2 in its order and with its arguments, over its REST route.
 * Version:     3.6.2
 *
 * A turn of AI Engine 3.6.2: mwai_chatbot_params( params ), mwai_chatbot_takeover( null, query, params ), and where that says
 * something only mwai_chatbot_reply( text, reply, params, array() ); else mwai_chatbot_query( query, params ),
 * mwai_ai_query( query ), mwai_ai_allowed( true, query, limits ), the model, mwai_chatbot_reply( text, reply, params, extra ).
 * Bots for pictures begin at mwai_ai_query. A takeover is answered as JSON, also where a stream was asked for. The session is
 * a cookie, signed since 3.6.4 and refused where it is not; the chat's id comes from the browser, as does a session's name.
 *
 * The model is the option lookalike_replies (message => reply); what it was asked is in lookalike_asked.
 */

define( 'MWAI_VERSION', '3.6.2' );

class Lookalike_Ai_Engine_Core {

	private $session_id;

	public function get_session_id() {
		list( $id, $signature ) = array_pad( explode( '.', $_COOKIE['mwai_session_id'] ?? '', 2 ), 2, '' );
		if ( $id && hash_equals( wp_hash( $id ), $signature ) ) {
			return $id;
		}
		if ( ! $this->session_id ) {
			$this->session_id = bin2hex( random_bytes( 16 ) );
			setcookie( 'mwai_session_id', $this->session_id . '.' . wp_hash( $this->session_id ), array( 'path' => '/', 'httponly' => true ) );
		}
		return $this->session_id;
	}
}

class Lookalike_Ai_Engine_Query {

	public $session;
	public $chatId = null;
	public $scope  = '';
	private $message;

	public function __construct( $message ) {
		global $mwai_core;
		$this->message = $message;
		$this->session = $mwai_core->get_session_id();
	}

	public function get_message() {
		return $this->message;
	}

	public function inject_params( array $params ) {
		$this->session = $params['session'] ?? $this->session;
		$this->chatId  = $params['chatId'] ?? null;
		$this->scope   = $params['scope'];
	}
}

global $mwai_core;
$mwai_core = new Lookalike_Ai_Engine_Core();

add_action(
	'rest_api_init',
	function () {
		register_rest_route(
			'mwai-ui/v1',
			'/chats/submit',
			array(
				'methods'             => 'POST',
				'callback'            => 'lookalike_ai_engine_submit',
				'permission_callback' => function ( $request ) {
					return wp_verify_nonce( $request->get_header( 'X-WP-Nonce' ), 'wp_rest' );
				},
			)
		);
	}
);

function lookalike_ai_engine_submit( $request ) {
	$params = $request->get_json_params();
	try {
		return new WP_REST_Response( array( 'success' => true ) + lookalike_ai_engine_turn( $params, ! empty( $params['stream'] ) ) );
	} catch ( Exception $error ) {
		return new WP_REST_Response( array( 'success' => false, 'message' => $error->getMessage() ), 500 );
	}
}

function lookalike_ai_engine_turn( $params, $stream ) {
	$query           = new Lookalike_Ai_Engine_Query( trim( $params['newMessage'] ) );
	$params          = apply_filters( 'mwai_chatbot_params', $params );
	$params['scope'] = empty( $params['scope'] ) ? 'chatbot' : $params['scope'];
	$query->inject_params( $params );
	if ( 'pictures' !== $params['botId'] ) {
		$takeover = apply_filters( 'mwai_chatbot_takeover', null, $query, $params );
		if ( ! empty( $takeover ) ) {
			return array( 'reply' => apply_filters( 'mwai_chatbot_reply', $takeover, (object) array( 'result' => $takeover ), $params, array() ) );
		}
		$query = apply_filters( 'mwai_chatbot_query', $query, $params );
	}
	$text = lookalike_ai_engine_model( $query, $stream );
	$text = apply_filters( 'mwai_chatbot_reply', $text, (object) array( 'result' => $text ), $params, array() );
	if ( $stream ) {
		lookalike_ai_engine_push( 'end', wp_json_encode( array( 'success' => true, 'reply' => $text ) ) );
		exit;
	}
	return array( 'reply' => $text );
}

function lookalike_ai_engine_model( $query, $stream ) {
	$query   = apply_filters( 'mwai_ai_query', $query );
	$allowed = apply_filters( 'mwai_ai_allowed', true, $query, array() );
	if ( true !== $allowed ) {
		throw new Exception( is_string( $allowed ) ? $allowed : 'Unauthorized query.' );
	}
	update_option( 'lookalike_asked', array_merge( (array) get_option( 'lookalike_asked', array() ), array( $query->get_message() ) ) );
	$text = json_decode( get_option( 'lookalike_replies', '{}' ), true )[ $query->get_message() ] ?? 'The model says: ' . $query->get_message();
	foreach ( $stream ? explode( ' ', $text ) : array() as $word ) {
		lookalike_ai_engine_push( 'live', $word . ' ' );
	}
	return $text;
}

function lookalike_ai_engine_push( $type, $data ) {
	headers_sent() || header( 'Content-Type: text/event-stream' );
	echo 'data: ' . wp_json_encode( compact( 'type', 'data' ) ) . "\n\n";
	flush();
}
