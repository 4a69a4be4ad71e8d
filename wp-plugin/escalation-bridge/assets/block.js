/**
 * Escalation Bridge: the block with the button that opens the chat. PHP renders it.
 */
(function (blocks, element, text) {
	'use strict';

	blocks.registerBlockType('escalation-bridge/chat', {
		apiVersion: 3,
		title: text.title,
		icon: 'format-chat',
		category: 'widgets',
		supports: { html: false, multiple: false },
		edit: () => element.createElement('p', window.wp.blockEditor.useBlockProps(), element.createElement('span', { className: 'wp-element-button' }, text.button)),
		save: () => null,
	});
}(window.wp.blocks, window.wp.element, window.escbridgeBlock));
