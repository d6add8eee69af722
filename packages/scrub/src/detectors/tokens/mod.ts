import type { SecretRule } from '../secret-rule.ts'
import { aiVendorKey } from './ai-vendor-key.ts'
import { awsMwsKey } from './aws-mws-key.ts'
import { discordBotToken } from './discord-bot-token.ts'
import { discordWebhook } from './discord-webhook.ts'
import { dockerAccessToken } from './docker-access-token.ts'
import { firebaseCloudMessagingKey } from './firebase-cloud-messaging-key.ts'
import { googleOauthToken } from './google-oauth-token.ts'
import { mailchimpKey } from './mailchimp-key.ts'
import { mailgunKey } from './mailgun-key.ts'
import { natsSeed } from './nats-seed.ts'
import { notionLegacyToken } from './notion-legacy-token.ts'
import { skApiKey } from './sk-api-key.ts'
import { squareOauthSecret } from './square-oauth-secret.ts'
import { stripeWebhookSecret } from './stripe-webhook-secret.ts'
import { supabaseToken } from './supabase-token.ts'
import { telegramBotToken } from './telegram-bot-token.ts'

/** Tokens with a form of their own that the gitleaks table does not have, or has too narrowly. */
export const tokenRules: readonly SecretRule[] = [
  skApiKey,
  googleOauthToken,
  firebaseCloudMessagingKey,
  discordBotToken,
  discordWebhook,
  telegramBotToken,
  mailgunKey,
  mailchimpKey,
  stripeWebhookSecret,
  dockerAccessToken,
  supabaseToken,
  aiVendorKey,
  squareOauthSecret,
  notionLegacyToken,
  awsMwsKey,
  natsSeed,
]
