// The examples of the API references, word for word.

export const curlCallCenter = `# Get authentication token
curl -X POST https://api.vocelio.ai/api/auth/login \\
  -H "Content-Type: application/json" \\
  -d '{"email":"user@example.com","password":"password"}'

# Make authenticated request
curl -X GET https://api.vocelio.ai/api/campaigns \\
  -H "Authorization: Bearer YOUR_JWT_TOKEN"
`;

export const javascriptCallCenter = `const VocelioAPI = require('@vocelio/api-client');

const client = new VocelioAPI({
  apiKey: 'your_api_key',
  baseURL: 'https://api.vocelio.ai'
});

// List campaigns
const campaigns = await client.campaigns.list();
`;

export const pythonCallCenter = `from vocelio import VocelioClient

client = VocelioClient(api_key='your_api_key')

# Create campaign
campaign = client.campaigns.create({
    'name': 'My Campaign',
    'campaign_type': 'outbound_sales'
})
`;

export const pythonCustomerService = `from voice_agent_client import VoiceAgentClient

client = VoiceAgentClient(
    base_url="http://localhost:8000/api/v1",
    api_key="your-api-key"
)

# Create outbound call
call = client.calls.create_outbound(
    to_number="+1234567890",
    metadata={"purpose": "follow_up"}
)

# Get active calls
active = client.calls.get_all_active()
print(f"Active calls: {active['total']}")
`;

export const javascriptCustomerService = `const VoiceAgentClient = require('voice-agent-client');

const client = new VoiceAgentClient({
    baseUrl: 'http://localhost:8000/api/v1',
    apiKey: 'your-api-key'
});

// Create outbound call
const call = await client.calls.createOutbound({
    toNumber: '+1234567890',
    metadata: { purpose: 'follow_up' }
});

// Get active calls
const active = await client.calls.getAllActive();
console.log(\`Active calls: \${active.total}\`);
`;

export const pythonSalesAgent = `import requests

API_KEY = "your_api_key"
BASE_URL = "http://localhost:9001"
HEADERS = {"xi-api-key": API_KEY}

# 1. Create agent
agent_data = {
    "name": "Sales Bot",
    "system_prompt": "You are a sales representative...",
    "first_message": "Hi! Can I help you with anything?",
    "voice_id": "aura-2-thalia-en"
}

response = requests.post(
    f"{BASE_URL}/v1/convai/agents",
    json=agent_data,
    headers=HEADERS
)
agent = response.json()
agent_id = agent["agent_id"]

# 2. Start call
call_data = {
    "agent_id": agent_id,
    "to_number": "+1234567890",
    "dynamic_variables": {"name": "John"}
}

response = requests.post(
    f"{BASE_URL}/v1/convai/twilio/outbound-call",
    json=call_data,
    headers=HEADERS
)
call = response.json()
print(f"Call started: {call['call_sid']}")

# 3. Check latency
import time
time.sleep(5)

response = requests.get(
    f"{BASE_URL}/v1/convai/latency/{call['call_sid']}"
)
latency = response.json()
print(f"Response time: {latency['full_response_cycle_ms']}ms")
`;

export const javascriptSalesAgent = `const API_KEY = "your_api_key";
const BASE_URL = "http://localhost:9001";

async function getConversations(agentId) {
  const response = await fetch(
    \`\${BASE_URL}/v1/convai/conversations?agent_id=\${agentId}\`,
    {
      method: "GET",
      headers: {
        "xi-api-key": API_KEY
      }
    }
  );
  
  const data = await response.json();
  return data.conversations;
}

// Usage
getConversations("agent_123").then(conversations => {
  conversations.forEach(conv => {
    console.log(\`\${conv.conversation_id}: \${conv.status}\`);
  });
});
`;

export const curlSalesAgent = `curl -X GET \\
  "http://localhost:9001/v1/convai/agents/agent_123" \\
  -H "xi-api-key: your_api_key" \\
  -H "Content-Type: application/json"
`;

export const javascriptOrchestrator = `async function makeApiCall() {
  try {
    const response = await fetch('/voice/calls/initiate', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Authorization': \`Bearer \${token}\`
      },
      body: JSON.stringify({
        phone_number: '+1234567890'
      })
    });

    if (!response.ok) {
      const error = await response.json();
      throw new Error(error.error.message);
    }

    return await response.json();
  } catch (error) {
    console.error('API Error:', error.message);
    throw error;
  }
}
`;

export const socketOrchestrator = `const ws = new WebSocket('ws://localhost:3000/ws');

ws.onopen = () => {
  console.log('Connected to WebSocket');
};

ws.onmessage = (event) => {
  const data = JSON.parse(event.data);
  console.log('Received:', data);
};

ws.onclose = () => {
  console.log('Disconnected from WebSocket');
};
`;

export const socketSignInOrchestrator = `// Send authentication message
ws.send(JSON.stringify({
  type: 'auth',
  token: 'your-jwt-token'
}));
`;

export const socketMessagesOrchestrator = `// Send a message to the server
ws.send(JSON.stringify({
  type: 'message',
  data: {
    call_id: 'call_123',
    content: 'Hello, server!'
  }
}));

// Subscribe to specific events
ws.send(JSON.stringify({
  type: 'subscribe',
  events: ['call.started', 'call.ended']
}));

// Unsubscribe from events
ws.send(JSON.stringify({
  type: 'unsubscribe',
  events: ['call.started']
}));
`;

export const pythonOrchestrator = `import requests

def make_api_call():
    try:
        response = requests.post(
            'http://localhost:3000/voice/calls/initiate',
            headers={
                'Content-Type': 'application/json',
                'Authorization': f'Bearer {token}'
            },
            json={
                'phone_number': '+1234567890'
            }
        )
        
        response.raise_for_status()
        return response.json()
        
    except requests.exceptions.RequestException as e:
        if hasattr(e.response, 'json'):
            error = e.response.json()
            raise Exception(error['error']['message'])
        raise e
`;

export const pythonCampaigns = `import requests

# Make a call via REST API
response = requests.post('http://localhost:3025/api/trpc/campaign.makeCall', 
    json={
        "phoneNumber": "+1234567890",
        "script": "Hello, this is an AI agent calling...",
        "useRealCall": True
    }
)
`;

export const typescriptCampaigns = `import { api } from '@/utils/api';

// Create a campaign
const campaign = await api.campaign.create.mutate({
  name: "My Campaign",
  script: "Hello, this is an AI agent calling..."
});

// Make a call
const result = await api.campaign.makeCall.mutate({
  phoneNumber: "+1234567890",
  script: "Hello, this is an AI agent calling...",
  useRealCall: true
});
`;
