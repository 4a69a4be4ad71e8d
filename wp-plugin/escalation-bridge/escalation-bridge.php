<?php
/**
 * Plugin Name:       Escalation Bridge
 * Description:       Decides when the AI in your chat stops, who takes over and what the customer is promised, and keeps that promise.
 * Version:           0.1.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * Author:            Escalation Bridge contributors
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       escalation-bridge
 * Domain Path:       /languages
 *
 * @package EscalationBridge
 */

declare(strict_types=1);

defined( 'ABSPATH' ) || exit;

define( 'ESCBRIDGE_VERSION', '0.1.0' );
define( 'ESCBRIDGE_FILE', __FILE__ );
define( 'ESCBRIDGE_DIR', __DIR__ . '/' );

require_once ESCBRIDGE_DIR . 'includes/autoload.php';
require_once ESCBRIDGE_DIR . 'includes/functions.php';

add_action( 'plugins_loaded', array( 'EscalationBridge\\Plugin', 'boot' ) );
register_activation_hook( __FILE__, array( 'EscalationBridge\\Plugin', 'add_default_options' ) );
register_deactivation_hook( __FILE__, array( 'EscalationBridge\\Plugin', 'reset' ) );
