// For PM2: `npx pm2 start ecosystem.config.cjs`, then `npx pm2 reload game-server` after each deployment.
module.exports = {
  apps: [
    {
      name: 'game-server',
      script: 'server.ts',
      interpreter: 'node',
      node_args: '--import tsx/esm',
      // A reload starts the new process before it ends the old one only in cluster mode. Each instance is a service of its own with
      // the agent: game-server-0, game-server-1.
      exec_mode: 'cluster',
      instances: 2,
      // The old process is ended when the new one says that it is registered, at the latest after listen_timeout.
      wait_ready: true,
      listen_timeout: 10_000,
      // Longer than gracefulShutdownTimeout (30 s): calls and jobs under way are finished first.
      kill_timeout: 35_000,
      env: { NODE_ENV: 'production' },
    },
  ],
};
