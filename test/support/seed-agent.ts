/** The sales agent that the seed of its API creates, word for word. */
export const CREATE = `{
  "name": "Sales Agent",
  "system_prompt": "You are a helpful sales representative...",
  "first_message": "Hello! How can I help you today?",
  "voice_id": "aura-2-thalia-en",
  "model_name": "llama3:8b-instruct-q4_K_S",
  "interrupt_enabled": true,
  "silence_threshold_sec": 0.3
}`;
