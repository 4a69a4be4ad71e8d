<?php
/**
 * Plugin Name: Look-alike of AxiaChat AI
 * Description: For tests only. It tells of a turn as AxiaChat AI does: aichat_after_response( array ), when all is over.
 * Version:     1.0.0
 */

function aichat_replace_link_placeholder( $text ) {
	return $text;
}

add_action( 'wp_ajax_nopriv_lookalike_axiachat', 'lookalike_axiachat_turn' );

function lookalike_axiachat_turn() {
	$question = wp_unslash( $_POST['message'] );
	$answer   = '<p>The model says: ' . esc_html( $question ) . '</p>';
	do_action(
		'aichat_after_response',
		array(
			'bot_slug'   => 'default',
			'session_id' => sanitize_text_field( $_POST['session_id'] ),
			'question'   => $question,
			'answer'     => $answer,
			'provider'   => 'openai',
			'model'      => 'a-model',
		)
	);
	wp_send_json_success( array( 'message' => $answer ) );
}
