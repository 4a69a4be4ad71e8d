<?php
/**
 * Plugin Name: Look-alike of MxChat
 * Description: For tests only. It calls the hooks of MxChat 3.0.5 in its order and with its arguments, over its admin-ajax actions.
 * Version:     3.0.5
 *
 * A turn of MxChat 3.0.5: mxchat_filter_message( message, 'prompt', session ), mxchat_pre_process_message( message, user, session ),
 * and an array with `text` is stored as the bot's and sent as JSON without the visitor's message being stored; else the message
 * is stored, the model is asked, its reply is stored and then sent. A stream begins with all output buffers ended, and is
 * stored after its [DONE] was sent; its window stops there, and shows a `text` in it in place of what came before. The message
 * has WordPress's slashes. Storing is update_option( 'mxchat_history_SESSION', list of id, role, content, timestamp, agent_name ),
 * then a row of the table mxchat_chat_transcripts, which wp-admin shows; since 3.2.19 the row alone, for the visitor's next page too.
 *
 * One of its own actions stores its words twice and answers in JSON, also where a stream was asked for: before any stream. Where
 * the provider refuses a stream that has begun, the reply is got without one and follows in it as JSON, with no `data:` before
 * it, and is stored nowhere. To an administrator what was found is sent along as testing_data, which the window reads alone.
 * The window writes what it gets as HTML, and on the next page what was stored, decoded once.
 *
 * The model is the option lookalike_replies (message => reply); what it was asked is in lookalike_asked. lookalike_actions are
 * replies of its own actions, and with lookalike_refused the provider streams nothing.
 */

define( 'MXCHAT_VERSION', get_option( 'lookalike_version', '3.0.5' ) );

foreach ( array( 'mxchat_handle_chat_request', 'mxchat_stream_chat' ) as $lookalike_action ) {
	add_action( 'wp_ajax_' . $lookalike_action, 'lookalike_mxchat_turn' );
	add_action( 'wp_ajax_nopriv_' . $lookalike_action, 'lookalike_mxchat_turn' );
}

function lookalike_mxchat_turn() {
	$session = sanitize_text_field( $_POST['session_id'] );
	$user    = sanitize_key( is_user_logged_in() ? get_current_user_id() : $_SERVER['REMOTE_ADDR'] );
	$message = wp_kses( $_POST['message'], array( 'code' => array( 'class' => true ) ) );
	$message = apply_filters( 'mxchat_filter_message', $message, 'prompt', $session );
	$result  = apply_filters( 'mxchat_pre_process_message', $message, $user, $session );
	if ( is_array( $result ) && isset( $result['text'] ) ) {
		lookalike_mxchat_store( $session, 'bot', $result['text'] );
		wp_send_json( array( 'text' => $result['text'], 'html' => $result['html'] ?? '', 'session_id' => $session ) );
	}
	lookalike_mxchat_store( $session, 'user', $message );
	$asked  = wp_unslash( $message );
	$action = json_decode( get_option( 'lookalike_actions', '{}' ), true )[ $asked ] ?? null;
	if ( null !== $action ) {
		lookalike_mxchat_store( $session, 'bot', $action );
		lookalike_mxchat_store( $session, 'bot', $action );
		wp_send_json( lookalike_mxchat_answer( $session, $action ) );
	}
	update_option( 'lookalike_asked', array_merge( (array) get_option( 'lookalike_asked', array() ), array( $asked ) ) );
	$text = json_decode( get_option( 'lookalike_replies', '{}' ), true )[ $asked ] ?? 'The model says: ' . $asked;
	if ( 'mxchat_stream_chat' === $_POST['action'] ) {
		while ( ob_get_level() ) {
			ob_end_flush();
		}
		header( 'Content-Type: text/event-stream' );
		ob_implicit_flush( true );
		flush();
		if ( get_option( 'lookalike_refused' ) ) {
			echo wp_json_encode( lookalike_mxchat_answer( $session, $text ) );
			wp_die();
		}
		foreach ( explode( ' ', $text ) as $word ) {
			echo 'data: ' . wp_json_encode( array( 'content' => $word . ' ' ) ) . "\n\n";
			flush();
		}
		echo "data: [DONE]\n\n";
		lookalike_mxchat_store( $session, 'bot', $text );
		wp_die();
	}
	lookalike_mxchat_store( $session, 'bot', $text );
	wp_send_json( lookalike_mxchat_answer( $session, $text ) );
}

function lookalike_mxchat_answer( $session, $text ) {
	$testing = current_user_can( 'administrator' ) ? array( 'testing_data' => array( 'top_matches' => array() ) ) : array();
	return array( 'text' => $text, 'html' => '', 'session_id' => $session ) + $testing;
}

function lookalike_mxchat_store( $session, $role, $content ) {
	global $wpdb;
	if ( version_compare( MXCHAT_VERSION, '3.2.19', '<' ) ) {
		$history   = get_option( 'mxchat_history_' . $session, array() );
		$history[] = array( 'id' => uniqid(), 'role' => $role, 'content' => $content, 'timestamp' => round( microtime( true ) * 1000 ), 'agent_name' => '' );
		update_option( 'mxchat_history_' . $session, $history, 'no' );
	}
	$row = array( 'user_id' => 0, 'user_identifier' => "a 'guest'", 'user_email' => null, 'user_name' => '' );
	$row = $row + array( 'session_id' => $session, 'role' => $role, 'message' => $content, 'timestamp' => current_time( 'mysql', 1 ) );
	$wpdb->insert( lookalike_mxchat_table(), $row + array( 'rag_context' => 'bot' === $role ? '{"top_matches":[]}' : null ) );
}

function lookalike_mxchat_table() {
	global $wpdb;
	$name = $wpdb->prefix . 'mxchat_chat_transcripts';
	$wpdb->query(
		"CREATE TABLE IF NOT EXISTS $name (id MEDIUMINT(9) NOT NULL AUTO_INCREMENT, user_id MEDIUMINT(9) DEFAULT 0, session_id VARCHAR(255) NOT NULL,
		role VARCHAR(255) NOT NULL, message TEXT NOT NULL, user_email VARCHAR(255) DEFAULT NULL, user_name VARCHAR(100) DEFAULT NULL,
		user_identifier VARCHAR(255) DEFAULT NULL, timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL, rag_context LONGTEXT DEFAULT NULL, PRIMARY KEY (id))"
	);
	return $name;
}

/** As wp-admin shows them. */
function lookalike_mxchat_transcript( $session ) {
	global $wpdb;
	return $wpdb->get_results( $wpdb->prepare( 'SELECT role, message AS content FROM ' . lookalike_mxchat_table() . ' WHERE session_id = %s ORDER BY id', $session ), ARRAY_A );
}

/** For the visitor's next page. */
function lookalike_mxchat_history( $session ) {
	return version_compare( MXCHAT_VERSION, '3.2.19', '<' ) ? get_option( 'mxchat_history_' . $session ) : lookalike_mxchat_transcript( $session );
}

register_activation_hook( __FILE__, 'lookalike_mxchat_table' );
