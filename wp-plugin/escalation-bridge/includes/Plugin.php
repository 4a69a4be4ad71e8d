<?php
/** Wires the hooks; holds nothing else. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Plugin {

	/** @var array<int,Bridge> By the id of the network's site; a single site has the id 1. */
	private static $bridges = array();

	public static function boot(): void {
		add_action( 'init', array( self::class, 'load_text' ) );
		add_filter( 'load_textdomain_mofile', array( Words::class, 'nearest' ), 10, 2 );
		add_filter( 'user_has_cap', array( self::class, 'grant' ) );
		add_action( 'before_woocommerce_init', array( Context::class, 'declare_compatibility' ) );
		add_action( 'rest_api_init', array( Rest::class, 'register' ) );
		add_action( 'rest_api_init', array( Hooks::class, 'register' ) );
		add_filter( 'rest_post_dispatch', array( Rest::class, 'add_headers' ), 10, 3 );
		add_action( 'wp_enqueue_scripts', array( Widget::class, 'register' ) );
		add_action( 'template_redirect', array( CallPage::class, 'serve' ), 0 ); // Before core tidies the address.
		add_shortcode( 'escalation_bridge', array( Widget::class, 'shortcode' ) );
		add_action( 'init', array( Widget::class, 'register_block' ) );
		add_action( 'rest_api_init', array( Health::class, 'register' ) );
		add_filter( 'site_status_tests', array( Health::class, 'tests' ) ); // Also of WP-Cron's weekly run.
		add_filter( 'debug_information', array( Health::class, 'information' ) );
		add_filter( 'wp_privacy_personal_data_exporters', array( Privacy::class, 'exporters' ) );
		add_filter( 'wp_privacy_personal_data_erasers', array( Privacy::class, 'erasers' ) );
		add_action( 'wp_abilities_api_categories_init', array( Abilities::class, 'register_category' ) ); // From WordPress 6.9 on.
		add_action( 'wp_abilities_api_init', array( Abilities::class, 'register' ) );
		Kept::boot();
		Adapters::boot();
		Pages::boot();
		if ( defined( 'WP_CLI' ) && WP_CLI ) {
			\WP_CLI::add_command( 'escbridge', Cli::class );
		}
		if ( is_admin() ) {
			self::boot_admin();
		}
	}

	public static function boot_admin(): void {
		add_action( 'admin_init', array( self::class, 'prepare' ) );
		add_action( 'admin_init', array( Settings::class, 'register' ) );
		add_action( 'admin_init', array( Privacy::class, 'suggest_policy' ) );
		add_action( 'admin_menu', array( Settings::class, 'menu' ) );
		add_action( 'admin_menu', array( Admin::class, 'menu' ) );
		add_action( 'admin_enqueue_scripts', array( Settings::class, 'assets' ) );
		add_action( 'admin_enqueue_scripts', array( Presence::class, 'assets' ) );
		add_filter( 'plugin_action_links_' . plugin_basename( ESCBRIDGE_FILE ), array( Settings::class, 'link' ) );
		add_filter( 'removable_query_args', array( Admin::class, 'told_once' ) );
		add_action( 'wp_dashboard_setup', array( Dashboard::class, 'add' ) );
		add_filter( 'heartbeat_received', array( Presence::class, 'beat' ), 10, 2 );
		add_action( 'admin_post_escbridge_act', array( Admin::class, 'act' ) );
		add_action( 'admin_post_escbridge_hours', array( Hours::class, 'act' ) );
		add_action( 'admin_post_escbridge_renew', array( Renewal::class, 'act' ) );
	}

	public static function load_text(): void {
		load_plugin_textdomain( 'escalation-bridge', false, dirname( plugin_basename( ESCBRIDGE_FILE ) ) . '/languages' );
	}

	/**
	 * Virtual capability: whoever manages the site manages escalations. Nothing is stored; other roles by the same filter.
	 *
	 * @param array<string,bool> $caps The user's capabilities. Untyped, as what comes from any filter: another plugin's mistake is to end no page.
	 */
	public static function grant( $caps ) {
		if ( ! empty( $caps['manage_options'] ) ) {
			$caps['escbridge_manage'] = true;
		}
		return $caps;
	}

	/**
	 * What every request reads is there, so that it comes with all options: where one is missing, WordPress asks the database for it each
	 * time. On activation, and in wp-admin, for no site but the first of a network is activated and an update activates none.
	 */
	public static function prepare(): void {
		foreach ( array( Settings::OPTION => array(), Kept::WAITS => '0' ) as $option => $nothing ) {
			if ( false === get_option( $option, false ) ) {
				add_option( $option, $nothing );
			}
		}
	}

	/** What was learnt of the sidecar is forgotten: another one may be there now. */
	public static function forget(): void {
		delete_transient( 'escbridge_breaker' );
		delete_transient( 'escbridge_clock' );
		delete_transient( 'escbridge_stats' );
		Pages::doubt();
	}

	/** The one bridge of this request and site: its calls share one time budget. */
	public static function bridge(): Bridge {
		$site = get_current_blog_id();
		if ( ! isset( self::$bridges[ $site ] ) ) {
			self::$bridges[ $site ] = new Bridge( new Client( Settings::pairing() ) );
		}
		return self::$bridges[ $site ];
	}
}
